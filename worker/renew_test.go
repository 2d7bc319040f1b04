package worker_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/worker"
)

// rotation is an AwsCredentials block whose key is replaced, and an AWS in front of the
// sandbox that takes the newest key alone.
type rotation struct {
	key  atomic.Pointer[string]
	code string // of the refusal
}

func newRotation(w *world, code string) *rotation {
	r := &rotation{code: code}
	r.rotate("AKIAFIRST")
	target := must(url.Parse(w.server.URL()))(w.t)
	behind := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if key := accessKey(req); strings.HasPrefix(key, "AKIA") && key != *r.key.Load() {
			rw.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(rw).Encode(map[string]string{
				"__type": r.code, "message": "The security token included in the request is expired",
			})
			return
		}
		behind.ServeHTTP(rw, req)
	}))
	w.t.Cleanup(front.Close)
	w.aws.BaseEndpoint = aws.String(front.URL)
	w.onPrefect(func(rw http.ResponseWriter, req *http.Request) bool {
		if !strings.HasSuffix(req.URL.Path, "/block_types/slug/aws-credentials/block_documents/name/mine") {
			return false
		}
		data := map[string]string{
			"aws_access_key_id": *r.key.Load(), "aws_secret_access_key": w.server.SecretAccessKey(),
			"region_name": "us-east-1",
		}
		_ = json.NewEncoder(rw).Encode(map[string]any{"id": "b", "name": "mine", "data": data})
		return true
	})
	return r
}

func (r *rotation) rotate(key string) { r.key.Store(&key) }

func accessKey(r *http.Request) string {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(rest, "/")
	return key
}

var withBlock = map[string]any{"aws_credentials": "{{ prefect.blocks.aws-credentials.mine }}"}

// A task that was launched with credentials that have expired since is seen to its end.
func TestTasksOutliveTheirCredentials(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
			r := newRotation(w, code)
			id := w.runs(w.deployment(withBlock), 1)[0]
			w.start(nil)
			eventually(t, "the run to be launched", func() bool { return w.launched(id) })
			r.rotate("AKIASECOND")
			must(w.api.SetFlowRunState(t.Context(), id, prefect.StateProposal{Type: prefect.Cancelling}))(t)
			w.await(id, prefect.Cancelled)
		})
	}
}

// The key is rotated after the block was read and before the task is run.
func TestLaunchReadsRotatedCredentialsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	r := newRotation(w, "ExpiredTokenException")
	id := w.runs(w.deployment(withBlock), 1)[0]
	var rotated atomic.Bool
	block := *w.intercept.Load()
	w.onPrefect(func(rw http.ResponseWriter, req *http.Request) bool {
		answered := block(rw, req)
		if answered && rotated.CompareAndSwap(false, true) {
			r.rotate("AKIASECOND")
		}
		return answered
	})
	running := w.start(func(o *worker.Options) { o.RunOnce = true })
	<-running.ended
	if !w.launched(id) {
		run := must(w.api.ReadFlowRun(t.Context(), id))(t)
		t.Errorf("the run was not launched: it is %s, %s", run.StateName, run.State.Message)
	}
}
