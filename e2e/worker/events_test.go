//go:build e2e

package worker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
)

// The official observer and ours read the same changes of the same task, each from a
// queue of its own: Prefect's event feed must hold the same events from both.
func TestTaskEventsAsTheOfficialObserver(t *testing.T) {
	w := newWorld(t, all.Prefect3)
	ids := w.seed(plan{Groups: []group{{Name: "g", Count: 1}}})
	launcher := w.startOurs()
	w.await(time.Minute, "the launch", func() bool { return w.launched() == 1 })
	w.stop(launcher)
	run, err := w.api.ReadFlowRun(t.Context(), ids["g"][0])
	w.must(err)
	_, arn, _ := strings.Cut(run.InfrastructurePID, "::")
	found, err := w.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: []string{arn}})
	w.must(err)
	queues := sqs.NewFromConfig(w.cfg)
	for i, c := range contestants {
		w.sendChanges(queues, c.name, i, found.Tasks[0])
		w.env = append(slices.Clone(w.env), "PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED=true",
			"PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_NAME="+c.name)
		process := c.start(w)
		w.await(2*time.Minute, "the events of "+c.name,
			func() bool { return len(w.taskEvents(arn, i)) == len(taskStatuses) })
		w.stop(process)
	}
	if diff := cmp.Diff(w.taskEvents(arn, 1), w.taskEvents(arn, 0)); diff != "" {
		t.Errorf("-official +ours:\n%s", diff)
	}
	if run, err = w.api.ReadFlowRun(t.Context(), run.ID); err != nil || run.StateType != prefect.Crashed {
		t.Errorf("the run is %s: %v", run.StateName, err)
	}
}

var taskStatuses = []string{"PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"}

// eventID tells whose events these are: the first digit is the contestant.
func eventID(contestant, n int) string {
	return fmt.Sprintf("%d0000000-0000-4000-8000-%012d", contestant+1, n)
}

// sendChanges makes a queue and puts into it what EventBridge would.
func (w *world) sendChanges(queues *sqs.Client, name string, contestant int, task types.Task) {
	w.t.Helper()
	made, err := queues.CreateQueue(w.t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	w.must(err)
	for n, status := range taskStatuses {
		detail := map[string]any{
			"taskArn": task.TaskArn, "clusterArn": task.ClusterArn, "taskDefinitionArn": task.TaskDefinitionArn,
			"lastStatus": status, "desiredStatus": "STOPPED",
			"containers": []any{map[string]any{"name": "prefect", "exitCode": 3, "lastStatus": status}},
			"stopCode":   "EssentialContainerExited", "version": n + 1,
		}
		body, err := json.Marshal(map[string]any{
			"version": "0", "id": eventID(contestant, n), "detail-type": "ECS Task State Change", "source": "aws.ecs",
			"time": w.began.Add(time.Duration(n) * time.Second).Format(time.RFC3339), "detail": detail,
		})
		w.must(err)
		_, err = queues.SendMessage(w.t.Context(), &sqs.SendMessageInput{
			QueueUrl: made.QueueUrl, MessageBody: aws.String(string(body)),
		})
		w.must(err)
	}
}

// taskEvents are the events of a task that one contestant has sent, by name, without
// what differs by design: the id and when the server got them.
func (w *world) taskEvents(arn string, contestant int) map[string]map[string]any {
	w.t.Helper()
	filter := fmt.Sprintf(`{"filter":{"event":{"prefix":["prefect.ecs."]},"resource":{"id":["prefect.ecs.task.%s"]}}}`,
		arn[strings.LastIndex(arn, "/")+1:])
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/events/filter",
		bytes.NewReader([]byte(filter)))
	w.must(err)
	request.Header.Set("Content-Type", "application/json")
	request.Close = true // uvicorn closes a connection that is idle for five seconds
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer response.Body.Close()
	var page struct{ Events []map[string]any }
	w.must(json.NewDecoder(response.Body).Decode(&page))
	out := map[string]map[string]any{}
	for _, event := range page.Events {
		id, _ := event["id"].(string)
		if !strings.HasPrefix(id, eventID(contestant, 0)[:8]) {
			continue
		}
		delete(event, "id")
		delete(event, "received")
		out[fmt.Sprint(event["event"])] = event
	}
	return out
}
