package taskchange_test

import (
	"testing"

	"ecsctl/worker/taskchange"
)

// FuzzParseChange: a message that is a change makes an event for Prefect.
func FuzzParseChange(f *testing.F) {
	f.Add(`{"detail-type": "ECS Task State Change", "time": "2020-01-23T17:57:58Z", "detail": {"taskArn": "a",
		"lastStatus": "STOPPED", "stoppedAt": "2020-01-23T17:58:00.103Z", "version": 4, "containers": [{"exitCode": 137}],
		"attachments": [{"details": [{"name": "subnetId", "value": "subnet-1"}]}]}}`)
	f.Add(`{"detail-type": "ECS Task State Change", "detail": {"taskArn": "a", "lastStatus": "STOPPED",
		"overrides": {"containerOverrides": [{}]}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		c, err := taskchange.Parse(body)
		if err != nil {
			return
		}
		if e := c.Event("ecs", "3"); e.Resource["ecs.taskArn"] == "" || e.Event == "prefect.ecs.task." {
			t.Errorf("got %+v", e)
		}
	})
}
