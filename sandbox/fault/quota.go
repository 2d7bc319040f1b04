package fault

import (
	"math"
	"slices"
	"sync"

	"ecsctl/sandbox/internal/clock"

	"golang.org/x/time/rate"
)

// What Fargate limits besides calls, as service and operation of a Quota.
const (
	Fargate     = "fargate"
	fargateSpot = "fargate-spot"
	Launches    = "launch"
	vcpus       = "vcpu"
)

// Quota limits what an account may do. Calls are counted in a token bucket for each
// operation, and throttled when it is empty, with the code that the service itself uses.
//
// The service "fargate" has the operations "launch", whose tokens are tasks, and "vcpu",
// the number of vCPUs that run at the same time (Burst); "fargate-spot" has "vcpu" too.
type Quota struct {
	Service   string  // "*" in it is anything of AWS; "prefect" is the played Prefect API
	Operation string  // "*" in it is anything, each operation with a bucket of its own
	Rate      float64 // tokens a second
	Burst     int     // size of the bucket
}

// Quotas are the quotas that hold.
type Quotas struct {
	Clock *clock.Clock
	mu    sync.Mutex
	list  []*heldQuota
}

type heldQuota struct {
	Quota
	buckets map[string]*rate.Limiter // by service and operation
}

// Add adds a quota.
func (qs *Quotas) Add(q Quota) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	qs.list = append(qs.list, &heldQuota{q, map[string]*rate.Limiter{}})
}

// Clear removes all quotas.
func (qs *Quotas) Clear() {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	qs.list = nil
}

// Held returns the quotas that apply.
func (qs *Quotas) Held() []Quota {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	var out []Quota
	for _, q := range qs.list {
		out = append(out, q.Quota)
	}
	return out
}

// Allow takes n tokens for an operation out of every bucket that is for it.
func (qs *Quotas) Allow(service, operation string, n int) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	allowed := true
	for _, q := range qs.list {
		if !concernsService(q.Service, service) || !matches(q.Operation, operation) || q.Operation == vcpus {
			continue
		}
		bucket := q.buckets[service+":"+operation]
		if bucket == nil {
			bucket = rate.NewLimiter(rate.Limit(q.Rate), q.Burst)
			q.buckets[service+":"+operation] = bucket
		}
		allowed = bucket.AllowN(qs.Clock.Now(), n) && allowed
	}
	return allowed
}

// Vcpus is how many vCPUs may run at the same time.
func (qs *Quotas) Vcpus(spot bool) float64 {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	service := Fargate
	if spot {
		service = fargateSpot
	}
	limit := math.Inf(1)
	for q := range slices.Values(qs.list) {
		if q.Service == service && q.Operation == vcpus {
			limit = min(limit, float64(q.Burst))
		}
	}
	return limit
}
