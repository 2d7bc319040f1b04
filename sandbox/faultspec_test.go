package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

func TestParseFault(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]fault.Fault{
		"ecs:RunTask=throttle": {Service: "ecs", Operation: "RunTask",
			Kind: fault.Throttle, Times: 1},
		"*:*=chaos,rate=0.2,seed=7": {Service: "*", Operation: "*", Kind: fault.Chaos, Times: -1,
			Rate: 0.2, Seed: 7},
		"ecs:*=error,times=2,rate=0.5,latency=1s..2s": {Service: "ecs", Operation: "*", Kind: fault.ServerError,
			Times: 2, Rate: 0.5, Latency: time.Second, LatencyTo: 2 * time.Second},
		"*:*=latency,latency=~50ms": {Service: "*", Operation: "*", Kind: fault.Latency, Times: 1,
			Latency: 50 * time.Millisecond, Random: true},
		"ecs:RunTask=capacity,reason=memory": {Service: "ecs", Operation: "RunTask", Kind: fault.Capacity,
			Times: 1, Reason: fault.NoMemory},
		"ecs:Task=spot,after=1s,warning=100ms": {Service: "ecs", Operation: "Task", Kind: fault.Spot, Times: 1,
			After: time.Second, Warning: 100 * time.Millisecond},
		"*:*=latency,times=all,latency=2s": {Service: "*", Operation: "*", Kind: fault.Latency, Times: -1,
			Latency: 2 * time.Second},
		"iam:ServiceLinkedRole=unseen,times=all": {Service: "iam", Operation: "ServiceLinkedRole",
			Kind: fault.Unseen, Times: -1},
		"ecs:Task=unseen,latency=2s": {Service: "ecs", Operation: "Task", Kind: fault.Unseen, Times: 1,
			Latency: 2 * time.Second},
		"iam:Role=unseen,times=3": {Service: "iam", Operation: "Role", Kind: fault.Unseen, Times: 3},
		"iam:CreateRole=drop-after,times=3,skip=1": {Service: "iam", Operation: "CreateRole", Kind: fault.DropAfter,
			Times: 3, Skip: 1},
	} {
		got, err := fault.ParseFault(spec)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", spec, diff)
		}
		if got.String() != spec {
			t.Errorf("%s is written %s", spec, got)
		}
	}
	for _, spec := range []string{"", "ecs=throttle", "ecs:RunTask", "ecs:RunTask=odd", "ecs:RunTask=throttle,times=0",
		"ecs:RunTask=latency", "ecs:RunTask=error,often", ":x=error", "a:b=error,latency=-1s",
		"a:b=error,rate=0", "a:b=error,rate=2", "a:b=error,seed=-1", "a:b=latency,latency=2s..1s",
		"ecs:RunTask=capacity,reason=mood", "ecs:StopTask=capacity",
		"ecs:RunTask=spot", "ecs:Task=throttle", "iam:Role=denied", "ecs:Service=latency,latency=1s",
		"ecs:RunTask=error,warning=1s", "ecs:Image=pull", "ecs:RunTask=unseen",
		"ecs:Task=unseen"} {
		if f, err := fault.ParseFault(spec); err == nil {
			t.Errorf("%q became %+v", spec, f)
		}
	}
}

func TestFaultsOverHTTP(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	do := func(method, body string) (int, string) { return overHTTP(t, method, c.server.FaultsURL(), body) }
	if status, body := do(http.MethodPost, "ecs:ListClusters=throttle\nnonsense\n"); status != http.StatusBadRequest ||
		!strings.Contains(body, "nonsense") {
		t.Errorf("got %d %s", status, body)
	}
	if _, body := do(http.MethodGet, ""); body != "" {
		t.Errorf("half of a bad request was armed: %s", body)
	}
	if status, _ := do(http.MethodPost,
		"ecs:ListClusters=throttle\necs:*=denied,times=all\n"); status != http.StatusNoContent {
		t.Errorf("got %d", status)
	}
	if _, body := do(http.MethodGet, ""); body != "ecs:ListClusters=throttle\necs:*=denied,times=all\n" {
		t.Errorf("got %q", body)
	}
	list := func() error { _, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}); return err }
	wantCode(t, list(), "ThrottlingException")
	wantCode(t, list(), "AccessDeniedException")
	if status, _ := do(http.MethodDelete, ""); status != http.StatusNoContent {
		t.Errorf("got %d", status)
	}
	if err := list(); err != nil {
		t.Error(err)
	}
}
