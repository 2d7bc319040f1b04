package taskchange_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/worker/taskchange"
)

// FuzzParseChange: a message that is a change has what the worker's events are made of.
func FuzzParseChange(f *testing.F) {
	f.Add(`{"detail-type": "ECS Task State Change", "time": "2020-01-23T17:57:58Z", "detail": {"taskArn": "a",
		"lastStatus": "STOPPED", "stoppedAt": "2020-01-23T17:58:00.103Z", "version": 4, "containers": [{"exitCode": 137}],
		"attachments": [{"details": [{"name": "subnetId", "value": "subnet-1"}]}]}}`)
	f.Add(`{"detail-type": "ECS Task State Change", "detail": {"taskArn": "a", "lastStatus": "STOPPED",
		"overrides": {"containerOverrides": [{}]}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		c, err := taskchange.Parse(body)
		if err == nil && (aws.ToString(c.Task.TaskArn) == "" || aws.ToString(c.Task.LastStatus) == "") {
			t.Errorf("got %+v", c)
		}
	})
}
