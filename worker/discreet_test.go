package worker_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
	"ecsctl/worker"
)

// AWS, or a proxy before it, quotes what it rejects. What is asked again is told in the log, which
// more people read than the block or the variable that the value came from.
func TestALineAboutARetryTellsNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-of-the-block"
	w := newWorld(t, worldOptions{})
	job := hangingJob()
	job["env"] = map[string]any{"BEHAVE": "hang", "DB_PASSWORD": secret}
	tap := &wiretap.Tap{}
	url, closeTap, err := tap.Proxy(w.server.URL(), wiretap.AWS, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeTap)
	rejected := map[string]bool{}
	tap.Inject(func(c wiretap.Call) *wiretap.Fault {
		if rejected[c.Operation] || c.Operation != "ecs:RegisterTaskDefinition" && c.Operation != "ecs:RunTask" {
			return nil
		}
		rejected[c.Operation] = true
		return &wiretap.Fault{Status: 500, ContentType: "application/x-amz-json-1.1",
			Body: `{"__type":"ServerException","message":"cannot take ` + secret + ` now"}`}
	})
	deployment := w.deployment(job) // before a worker can make the pool
	log := &limited{}
	w.start(func(o *worker.Options) {
		impatient(o)
		o.AWS = w.aws.Copy()
		o.AWS.BaseEndpoint, o.AWS.RetryMaxAttempts = aws.String(url), 1
		o.Logger = slog.New(slog.NewTextHandler(log, nil))
	})
	id := w.runs(deployment, 1)[0]
	w.await(id, prefect.Running)
	if text := log.logged(); strings.Contains(text, secret) || strings.Count(text, "cannot take ******** now") < 2 {
		t.Errorf("the log:\n%s", text)
	}
}
