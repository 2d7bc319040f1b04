// Package wiretap stands between ecsctl and the servers it talks to. It lists every
// call, tells writes from reads, kills the caller right before or after a given
// write, and answers with faults in the server's place.
package wiretap

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// Call is one request that came over the wire.
type Call struct {
	Operation string // "ecs:CreateService", "prefect:POST /work_pools/"
	Write     bool
	Body      string
	Status    int // of the answer, 0 before it and when there was none
}

// Tap records the calls through its proxies, in order of arrival. The zero value is
// ready for use.
type Tap struct {
	mu     sync.Mutex
	calls  []*Call
	ambush ambush
	fault  func(Call) *Fault
	flying int           // calls under way
	landed chan struct{} // closed when flying falls to 0; nil while nobody waits
	// period counts the resets. What comes over a connection of an earlier one was
	// sent by a caller that is dead by now, and does not pass.
	period int
}

// Fault is an answer in the place of the server's.
type Fault struct {
	Status      int
	ContentType string
	Body        string
}

// Moment is right before or right after the n-th call (from 1) of an operation.
type Moment struct {
	Operation string
	N         int
	After     bool // the server has done its work, and its answer never arrives
}

func (m Moment) String() string {
	when := "before"
	if m.After {
		when = "after"
	}
	return fmt.Sprintf("%s %s (%d)", when, m.Operation, m.N)
}

// ambush is a kill that waits for its moment. Once sprung, nothing more passes.
type ambush struct {
	Moment
	seen   int // calls of the operation
	kill   func()
	sprung bool
}

// Kill calls kill at the moment, in the place of letting the call or its answer
// through, and lets nothing through after it.
func (t *Tap) Kill(at Moment, kill func()) { t.setAmbush(ambush{Moment: at, kill: kill}) }

func (t *Tap) setAmbush(a ambush) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ambush = a
}

// Sprung reports whether the kill has happened.
func (t *Tap) Sprung() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ambush.sprung
}

// Inject asks decide about each call: a Fault is answered at once, nil lets the
// call through. A nil decide ends it.
func (t *Tap) Inject(decide func(Call) *Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault = decide
}

// Reset waits for calls still under way, then forgets all calls, faults and kills.
// Callers must have ended or connect anew.
func (t *Tap) Reset() {
	t.mu.Lock()
	t.period++
	for t.flying > 0 {
		landed := make(chan struct{})
		t.landed = landed
		t.mu.Unlock()
		<-landed
		t.mu.Lock()
	}
	defer t.mu.Unlock()
	t.calls, t.ambush, t.fault = nil, ambush{}, nil
}

func (t *Tap) currentPeriod() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.period
}

// Calls returns copies of all calls so far.
func (t *Tap) Calls() []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Call
	for _, call := range t.calls {
		out = append(out, *call)
	}
	return out
}

// Writes returns the operations of the writes so far, sorted: independent ones run
// at the same time. One that the server was too busy for is left out: it is sent again.
func (t *Tap) Writes() []string {
	var out []string
	for _, call := range t.Calls() {
		if call.Write && call.Status != http.StatusServiceUnavailable {
			out = append(out, call.Operation)
		}
	}
	slices.Sort(out)
	return out
}

// arrive files a call that came over a connection of the period and says what to do
// with it. Every arrive is followed by a land.
func (t *Tap) arrive(call *Call, period int) (fault *Fault, pass, killAfter bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flying++
	if t.ambush.sprung || period != t.period {
		return nil, false, false
	}
	t.calls = append(t.calls, call)
	if t.fault != nil {
		if fault := t.fault(*call); fault != nil {
			call.Status = fault.Status
			return fault, false, false
		}
	}
	if call.Operation != t.ambush.Operation {
		return nil, true, false
	}
	t.ambush.seen++
	if t.ambush.seen != t.ambush.N {
		return nil, true, false
	}
	if t.ambush.After {
		return nil, true, true
	}
	t.spring()
	return nil, false, false
}

func (t *Tap) land() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flying--
	if t.flying == 0 && t.landed != nil {
		close(t.landed)
		t.landed = nil
	}
}

// spring kills; the caller holds the lock, so that no other call slips through.
func (t *Tap) spring() {
	t.ambush.sprung = true
	t.ambush.kill()
}

func (t *Tap) answered(call *Call, res *http.Response) {
	t.mu.Lock()
	defer t.mu.Unlock()
	call.Status = res.StatusCode
}
