package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/prefectapi"
)

// outcome names how a call went.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, io.EOF):
		return "dropped"
	case strings.Contains(err.Error(), "ThrottlingException"):
		return "throttled"
	case strings.Contains(err.Error(), "ServerException"):
		return "failed"
	default:
		return err.Error()
	}
}

// outcomes makes n calls in a row; others call something else meanwhile if noise is set.
func outcomes(t *testing.T, spec string, n int, noise bool) []string {
	t.Helper()
	c := start(t, sandbox.Options{Faults: []fault.Fault{must(fault.ParseFault(spec))(t)}})
	var others sync.WaitGroup
	if noise {
		for range 20 {
			others.Go(func() { _, _ = c.iam.ListRoles(t.Context(), &iam.ListRolesInput{}) })
		}
	}
	var out []string
	for range n {
		_, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
		out = append(out, outcome(err))
	}
	others.Wait()
	return out
}

func TestChaosIsRepeatable(t *testing.T) {
	t.Parallel()
	const calls = 200
	first := outcomes(t, "*:*=chaos,rate=0.2,seed=7", calls, false)
	if diff := cmp.Diff(first, outcomes(t, "*:*=chaos,rate=0.2,seed=7", calls, true)); diff != "" {
		t.Error("the same seed went differently:", diff)
	}
	if cmp.Equal(first, outcomes(t, "*:*=chaos,rate=0.2,seed=8", calls, false)) {
		t.Error("another seed went the same way")
	}
	counts := map[string]int{}
	for _, o := range first {
		counts[o]++
	}
	if ok := counts["ok"]; ok < 140 || ok > 180 || counts["throttled"] == 0 || counts["failed"] == 0 ||
		counts["dropped"] == 0 || len(counts) != 4 {
		t.Errorf("got %v, want four fifths ok and some of each kind", counts)
	}
}

func TestLatencyHidesNoOtherFault(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	c.fault(t, "*:*=latency,latency=20ms..40ms,times=all")
	c.fault(t, "ecs:*=latency,latency=~5ms,times=all")
	c.fault(t, "ecs:List*=throttle")
	begin := time.Now()
	_, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	wantCode(t, err, "ThrottlingException")
	if took := time.Since(begin); took < 20*time.Millisecond {
		t.Errorf("it took %s", took)
	}
}

func TestFaultsOfThePrefectAPI(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{PrefectAPI: prefectapi.New()})
	call := func(method, path, body string) (int, string) {
		return overHTTP(t, method, c.server.PrefectAPIURL()+path, body)
	}
	c.fault(t, "*:*=error,times=all") // is for AWS alone
	for kind, want := range map[string]int{"throttle": 429, "error": 500, "denied": 403, "expired": 401} {
		c.fault(t, "prefect:POST/work_pools/filter="+kind)
		if status, _ := call(http.MethodPost, "/work_pools/filter", "{}"); status != want {
			t.Errorf("%s: got %d, want %d", kind, status, want)
		}
		if status, _ := call(http.MethodPost, "/work_pools/filter", "{}"); status != http.StatusOK {
			t.Errorf("%s: it is still there: %d", kind, status)
		}
	}
	c.fault(t, "prefect:GET/flow_runs/{id}=error")
	if status, _ := call(http.MethodGet, "/flow_runs/019a3b6e-0000-7000-8000-000000000001",
		""); status != http.StatusInternalServerError {
		t.Errorf("got %d", status)
	}
	c.server.AddQuota(fault.Quota{Service: "prefect", Operation: "GET/*", Rate: 0.001, Burst: 1})
	for _, want := range []int{http.StatusOK, http.StatusTooManyRequests} {
		if status, _ := call(http.MethodGet, "/health", ""); status != want {
			t.Errorf("got %d, want %d", status, want)
		}
	}
}

func TestDroppedAnswersOfThePrefectAPI(t *testing.T) {
	t.Parallel()
	for kind, made := range map[string]int{"drop-before": http.StatusNotFound, "drop-after": http.StatusOK} {
		c := start(t, sandbox.Options{PrefectAPI: prefectapi.New()})
		c.fault(t, "prefect:POST/work_pools*="+kind)
		req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.PrefectAPIURL()+"/work_pools/",
			strings.NewReader(`{"name":"p","type":"ecs"}`)))(t)
		req.Header.Set("Content-Type", "application/json")
		if resp, err := http.DefaultClient.Do(req); !errors.Is(err, io.EOF) {
			t.Errorf("%s: got %v, %v", kind, resp, err)
		}
		if status, _ := overHTTP(t, http.MethodGet, c.server.PrefectAPIURL()+"/work_pools/p", ""); status != made {
			t.Errorf("%s: got %d, want %d", kind, status, made)
		}
	}
}

// overHTTP makes one call outside AWS.
func overHTTP(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req := must(http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body)))(t)
	req.Header.Set("Content-Type", "application/json")
	resp := must(http.DefaultClient.Do(req))(t)
	defer resp.Body.Close()
	return resp.StatusCode, string(must(io.ReadAll(resp.Body))(t))
}
