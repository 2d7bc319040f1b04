package sandbox_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
)

func TestParseFault(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]sandbox.Fault{
		"ecs:RunTask=throttle":                     {Service: "ecs", Operation: "RunTask", Kind: sandbox.Throttle, Times: 1},
		"*:*=latency,times=all,latency=2s":         {Service: "*", Operation: "*", Kind: sandbox.Latency, Times: -1, Latency: 2 * time.Second},
		"iam:CreateRole=drop-after,times=3,skip=1": {Service: "iam", Operation: "CreateRole", Kind: sandbox.DropAfter, Times: 3, Skip: 1},
	} {
		got, err := sandbox.ParseFault(spec)
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
	for _, spec := range []string{"", "ecs=throttle", "ecs:RunTask", "ecs:RunTask=odd", "ecs:RunTask=throttle,times=0", "ecs:RunTask=latency", "ecs:RunTask=error,often", ":x=error", "a:b=error,latency=-1s"} {
		if f, err := sandbox.ParseFault(spec); err == nil {
			t.Errorf("%q became %+v", spec, f)
		}
	}
}

func TestFaultsOverHTTP(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	do := func(method, body string) (int, string) {
		req := must(http.NewRequestWithContext(t.Context(), method, c.server.FaultsURL(), strings.NewReader(body)))(t)
		resp := must(http.DefaultClient.Do(req))(t)
		defer resp.Body.Close()
		return resp.StatusCode, string(must(io.ReadAll(resp.Body))(t))
	}
	if status, body := do(http.MethodPost, "ecs:ListClusters=throttle\nnonsense\n"); status != http.StatusBadRequest || !strings.Contains(body, "nonsense") {
		t.Errorf("got %d %s", status, body)
	}
	if _, body := do(http.MethodGet, ""); body != "" {
		t.Errorf("half of a bad request was armed: %s", body)
	}
	if status, _ := do(http.MethodPost, "ecs:ListClusters=throttle\necs:*=denied,times=all\n"); status != http.StatusNoContent {
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
