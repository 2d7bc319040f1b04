package sandbox

import (
	"context"
	"slices"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind int

// The kinds of faults. Errors carry the code that the called service itself uses.
const (
	Throttle     FaultKind = iota + 1 // too many requests
	ServerError                       // the service's internal error, HTTP 500
	AccessDenied                      // the caller may not
	ExpiredToken                      // the caller's credentials are too old
	Latency                           // nothing but Fault.Latency
	DropBefore                        // the connection ends, nothing was done
	DropAfter                         // the connection ends, the work was done
)

// Fault is something that goes wrong with matching calls.
type Fault struct {
	Service   string        // "" or "*" is any
	Operation string        // "" or "*" is any
	Skip      int           // that many matching calls pass first
	Times     int           // how many calls it hits; 0 is one, negative is all
	Kind      FaultKind     //
	Latency   time.Duration // waited before the call is looked at, with any kind
}

// AddFault arms a fault. Of several that match a call the oldest takes effect.
func (s *Server) AddFault(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault finds the fault for a call, or nil, and uses it up.
func (s *Server) takeFault(service, operation string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !matches(f.Service, service) || !matches(f.Operation, operation) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		hit := *f
		if f.Times > 0 {
			f.Times--
		}
		if f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return &hit
	}
	return nil
}

func matches(pattern, name string) bool {
	return pattern == "" || pattern == "*" || pattern == name
}

func (f *Fault) drops(kind FaultKind) bool { return f != nil && f.Kind == kind }

func (f *Fault) refuses() bool {
	return f != nil && f.Kind >= Throttle && f.Kind <= ExpiredToken
}

// wait spends the latency; false when the client has gone meanwhile.
func (f *Fault) wait(ctx context.Context) bool {
	if f == nil || f.Latency == 0 {
		return true
	}
	timer := time.NewTimer(f.Latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
