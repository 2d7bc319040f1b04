package chaos_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

// What AWS gives an account by default.
const (
	launchRate  = 20
	launchBurst = 100
)

func awsQuotas() []fault.Quota {
	return []fault.Quota{
		{Service: "fargate", Operation: "launch", Rate: launchRate, Burst: launchBurst},
		{Service: "ecs", Operation: "RunTask", Rate: launchRate, Burst: launchBurst},
		{Service: "ecs", Operation: "RegisterTaskDefinition", Rate: 1, Burst: 20},
		{Service: "ecs", Operation: "DescribeTasks", Rate: 20, Burst: 50},
	}
}

var quotaRuns = flag.Int("quota-runs", 600, "flow runs that are launched at the quotas")

// Many runs are launched at the quotas of an account, or nearly, and hardly a call is
// throttled, in simulated time: what is measured is how the worker waits, not how fast
// this machine is. Calls take a tenth of a second.
func TestLaunchesAtTheQuota(t *testing.T) {
	for _, workers := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				share, throttled := launchAtQuota(t, workers)
				if share < 0.95 || throttled > 0.01 {
					t.Errorf("launched at %.1f%% of the quota, and %.2f%% of the calls were throttled", 100*share,
						100*throttled)
				}
			})
		})
	}
}

func launchAtQuota(t *testing.T, workers int) (share, throttled float64) {
	const deployments = 10
	w := newPlayed(t, sandbox.Options{Quotas: awsQuotas()})
	var ids []string
	for i := range deployments {
		ids = append(ids, w.runs(fmt.Sprint("deployment-", i), *quotaRuns/deployments,
			life{30 * time.Second, completes})...)
	}
	for _, service := range []string{"*", fault.PrefectService} {
		w.server.AddFault(fault.Fault{
			Service: service, Operation: "*", Kind: fault.Latency, Latency: 50 * time.Millisecond,
			LatencyTo: 150 * time.Millisecond, Times: -1,
		})
	}
	wire := &meter{calls: map[string]int{}, throttled: map[string]int{}}
	for i := range workers {
		stop := w.start(func(o *worker.Options) {
			o.Name = fmt.Sprint("worker-", i)
			o.AWS.HTTPClient = &http.Client{Transport: wire.around(w.client().Transport)}
		})
		defer stop()
	}
	if !within(t.Context(), 20*time.Minute, 5*time.Second,
		func() bool { return w.census().all(ids, prefect.Completed) }) {
		t.Errorf("the runs are %v", w.census().of(ids))
	}
	if diff := cmp.Diff(map[int]int{1: len(ids)}, w.executions(ids)); diff != "" {
		t.Errorf("how often runs were executed (-want +got):\n%s", diff)
	}
	took, ideal := wire.last.Sub(wire.first),
		time.Duration(float64(len(ids)-launchBurst)/launchRate*float64(time.Second))
	share, throttled = float64(ideal)/float64(took), wire.share()
	t.Logf("%d workers: %d runs launched in %s, %.1f%% of the quota's rate; %.2f%% of %v calls throttled: %v",
		workers, len(ids), took.Round(time.Second), 100*share, 100*throttled, wire.calls, wire.throttled)
	return share, throttled
}

// meter counts what goes over the wire to AWS.
type meter struct {
	mu               sync.Mutex
	calls, throttled map[string]int // by operation
	first, last      time.Time      // RunTask that was answered with a task
}

type metered struct {
	*meter
	next http.RoundTripper
}

func (m *meter) around(next http.RoundTripper) http.RoundTripper { return metered{m, next} }

func (m metered) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	response, err := m.next.RoundTrip(r)
	if err != nil {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return response, err
	}
	_ = response.Body.Close() // it was read to its end
	response.Body = io.NopCloser(bytes.NewReader(body))
	m.note(operation, response.StatusCode, body)
	return response, nil
}

func (m *meter) note(operation string, status int, body []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[operation]++
	switch {
	case bytes.Contains(body, []byte("ThrottlingException")):
		m.throttled[operation]++
	case operation == "RunTask" && status == http.StatusOK:
		m.last = time.Now()
		if m.first.IsZero() {
			m.first = m.last
		}
	}
}

// share is that of the throttled calls.
func (m *meter) share() float64 {
	calls, throttled := 0, 0
	for operation, n := range m.calls {
		calls, throttled = calls+n, throttled+m.throttled[operation]
	}
	return float64(throttled) / float64(calls)
}
