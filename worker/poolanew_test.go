package worker_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

// anew deletes the pool and makes it again, of a type, with a template whose tasks have that family.
func (w *world) anew(kind, family string) *prefect.WorkPool {
	w.t.Helper()
	ctx := w.t.Context()
	template := w.templateOf(family)
	must(0, w.api.DeleteWorkPool(ctx, pool))(w.t)
	return must(w.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: pool, Type: kind, BaseJobTemplate: template,
	}))(w.t)
}

// templateOf is a base job template whose tasks have that family.
func (w *world) templateOf(family string) []byte {
	w.t.Helper()
	ctx := w.t.Context()
	template := string(must(w.api.WorkerTemplate(ctx, "ecs"))(w.t))
	template = strings.Replace(template, `"family": "{{ family }}"`, `"family": "`+family+`"`, 1)
	template = strings.Replace(template, `"family":"{{ family }}"`, `"family":"`+family+`"`, 1)
	if !strings.Contains(template, family) {
		w.t.Fatal("the template has changed")
	}
	return []byte(template)
}

// quiet is a worker that reads its pool once in a while.
func quiet(o *worker.Options) { o.HeartbeatInterval, o.NoPoolCreate = time.Hour, true }

func poolServers() map[string]worldOptions {
	return map[string]worldOptions{
		"3.8.8": {}, "without channel": {prefect: []prefectapi.Option{prefectapi.WithoutWorkerChannel()}},
		"2.20.26": {version: "2.20.26"},
	}
}

// A pool that is deleted and made anew has another template, id and worker id: its runs are
// launched by these.
func TestAPoolMadeAnew(t *testing.T) {
	t.Parallel()
	for name, o := range poolServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			id := w.runs(w.deployment(nil), 1)[0]
			w.start(quiet)
			w.await(id, prefect.Completed)
			made := w.anew("ecs", "made-anew")
			again := w.runs(w.another("again", nil), 1)[0]
			w.await(again, prefect.Completed)
			for _, task := range w.tasks() {
				tags := w.tagsOf(aws.ToString(task.TaskArn))
				if tags["prefect.io/flow-run-id"] != again {
					continue
				}
				if !strings.Contains(aws.ToString(task.TaskDefinitionArn), "/made-anew:") ||
					tags["prefect.io/work-pool-id"] != made.ID {
					t.Errorf("the task has definition %s and tags %v, the pool's id is %s",
						aws.ToString(task.TaskDefinitionArn), tags, made.ID)
				}
			}
		})
	}
}

// Made anew for another kind of worker, it is none of ours; made again for ours, it is.
func TestAPoolMadeAnewOfAnotherType(t *testing.T) {
	t.Parallel()
	for name, o := range poolServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o)
			id := w.runs(w.deployment(nil), 1)[0]
			log := &lines{}
			w.start(func(o *worker.Options) { quiet(o); o.HeartbeatInterval, o.Logger = time.Second, log.logger() })
			w.await(id, prefect.Completed)
			w.anew("kubernetes", "foreign")
			foreign := w.runs(w.another("foreign", nil), 1)[0]
			eventually(t, "the worker to tell of it",
				func() bool { return strings.Contains(log.String(), `is of type \"kubernetes\"`) })
			pauseFor(t, time.Second)
			if run := must(w.api.ReadFlowRun(t.Context(), foreign))(t); run.StateType != prefect.Scheduled {
				t.Errorf("the run is %s", run.StateName)
			}
			w.anew("ecs", "ours")
			w.await(w.runs(w.another("ours", nil), 1)[0], prefect.Completed)
		})
	}
}

// A replica of the name goes on with a claim, and meanwhile the first one launches it and the pool is
// made anew: the run has a task, so it is not given back.
func TestAReplicaGivesNothingBackForANewPool(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			// The task begins when the second replica has long decided.
			w := newWorld(t, worldOptions{version: version, sandbox: sandbox.Options{TaskDelay: 10 * time.Second},
				prefect: []prefectapi.Option{prefectapi.WithoutWorkerChannel()}})
			id := w.runs(w.deployment(nil), 1)[0]
			gate := w.gate("RunTask")
			w.start(func(o *worker.Options) { gate.behind("replica")(o); o.NoPoolCreate = true })
			eventually(t, "the first replica's claim", func() bool { return gate.refused.Load() > 0 })
			const second = "the-second"
			var heartbeats atomic.Int64
			var once sync.Once
			w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.UserAgent() != second {
					return false
				}
				if strings.HasSuffix(r.URL.Path, "/workers/heartbeat") {
					heartbeats.Add(1)
				}
				if strings.HasSuffix(r.URL.Path, "/logs/") && isTakeover(t, r) {
					once.Do(func() {
						gate.opened.Store(true)
						eventually(t, "a task", func() bool { return len(w.tasks()) > 0 })
						w.anew("ecs", "made-anew")
						before := heartbeats.Load()
						eventually(t, "the second replica to know the new pool",
							func() bool { return heartbeats.Load() > before+2 })
					})
				}
				return false
			})
			w.start(func(o *worker.Options) {
				o.Name, o.Prefect = "replica", w.clientOf(second)
				o.ClaimGrace, o.NoPoolCreate = 500*time.Millisecond, true
			})
			w.await(id, prefect.Completed)
			if got := len(w.tasks()); got != 1 || slices.Contains(w.history(id)[1:], "Scheduled") {
				t.Errorf("%d tasks, the run was %q", got, w.history(id))
			}
		})
	}
}

// isTakeover reports whether a call writes that a claim is gone on with. Its body can be read again.
func isTakeover(t *testing.T, r *http.Request) bool {
	body := must(io.ReadAll(r.Body))(t)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return bytes.Contains(body, []byte("going on with the launch"))
}

func (w *world) tagsOf(task string) map[string]string {
	w.t.Helper()
	out := must(w.ecs.DescribeTasks(w.t.Context(), &ecs.DescribeTasksInput{
		Tasks: []string{task}, Include: []types.TaskField{types.TaskFieldTags},
	}))(w.t)
	tags := map[string]string{}
	for _, tag := range out.Tasks[0].Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}
