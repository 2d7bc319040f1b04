package fault

import (
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Set are the faults that are armed.
type Set struct {
	mu   sync.Mutex
	list []*armedFault
}

type armedFault struct {
	Fault
	calls map[string]uint64 // that matched, by service and operation
}

// Effect is what the faults do to one call, task or placement.
type Effect struct {
	Delay time.Duration
	Fault *Fault // nil: nothing but the delay
	Kind  Kind   // of the fault, Chaos resolved
}

// Add arms a fault.
func (fs *Set) Add(f Fault) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = append(fs.list, &armedFault{f.normal(), map[string]uint64{}})
}

// Clear removes all faults.
func (fs *Set) Clear() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = nil
}

// Armed returns the faults that are armed.
func (fs *Set) Armed() []Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var out []Fault
	for _, f := range fs.list {
		out = append(out, f.Fault)
	}
	return out
}

// Take finds what the faults of some kinds do, and uses them up.
func (fs *Set) Take(service, operation string, kinds ...Kind) Effect {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var out Effect
	for _, f := range fs.list {
		if !slices.Contains(kinds, f.Kind) || !f.concerns(service, operation) || f.Kind != Latency && out.Fault != nil {
			continue
		}
		draw, hit := f.hit(service + ":" + operation)
		if !hit {
			continue
		}
		out.Delay += f.delay(draw)
		if f.Kind != Latency {
			taken := f.Fault
			out.Fault, out.Kind = &taken, f.kind(draw)
		}
	}
	fs.list = slices.DeleteFunc(fs.list, func(f *armedFault) bool { return f.Times == 0 })
	return out
}

// ForGood reports whether a fault of a kind befalls an operation each time; none is used up.
func (fs *Set) ForGood(service, operation string, kind Kind) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return slices.ContainsFunc(fs.list, func(f *armedFault) bool {
		return f.Kind == kind && f.Times < 0 && f.Rate == 0 && f.concerns(service, operation)
	})
}

// Longest is the largest latency of those of a kind for an operation; none is used up.
func (fs *Set) Longest(service, operation string, kind Kind) time.Duration {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var out time.Duration
	for _, f := range fs.list {
		if f.Kind == kind && f.concerns(service, operation) {
			out = max(out, f.Latency, f.LatencyTo)
		}
	}
	return out
}

// concerns reports whether a fault is about an operation. What is no call has to be named:
// "every call is late" says nothing of tasks.
func (f *armedFault) concerns(service, operation string) bool {
	if !concernsService(f.Service, service) || !matches(f.Operation, operation) {
		return false
	}
	named := f.Operation == operation || f.Kind == Capacity
	return named || operation != TaskOperation && operation != ServiceOperation && operation != RoleOperation &&
		operation != LinkedRoleOperation && operation != ProviderOperation
}

// hit counts a call and reports whether it is one of those that the fault hits.
func (f *armedFault) hit(key string) (draw, bool) {
	f.calls[key]++
	d := newDraw(f.Seed, key, f.calls[key])
	if f.Skip > 0 {
		f.Skip--
		return d, false
	}
	if f.Rate > 0 && d.Float64() >= f.Rate {
		return d, false
	}
	if f.Times > 0 {
		f.Times--
	}
	return d, true
}

// concernsService compares the name of a service with a pattern. The Prefect API has to be
// named: "any service" is any of AWS.
func concernsService(pattern, service string) bool {
	if service == PrefectService {
		return pattern == PrefectService
	}
	return matches(pattern, service)
}

// matches compares a name with a pattern in which "*" stands for anything.
func matches(pattern, name string) bool {
	if pattern == "" || pattern == "*" {
		return true
	}
	// "*" goes across slashes, which path.Match does not let it.
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(name, "/", "\x00"))
	return err == nil && ok
}
