// Package wiretap stands between ecsctl and the servers it talks to. It lists every
// call, tells writes from reads, kills the caller right before or after a given
// write, and answers with faults in the server's place.
package wiretap

import (
	"slices"
	"sync"
)

// Tap records the calls through its proxies, in order of arrival. The zero value is
// ready for use.
type Tap struct {
	mu       sync.Mutex
	calls    []*Call
	accepted map[string]bool // the invocations of which an attempt was accepted
	ambush   ambush
	fault    func(Call) *Fault
	period   *period
	doors    []string // addresses of the proxies
}

// period lasts from one Reset to the next. What comes over a connection of an earlier
// one was sent by a caller that is dead by now, and does not pass.
type period struct {
	writes sync.WaitGroup // those that the server is at work on
}

// Fault is what a call gets in the place of the server's answer.
type Fault struct {
	Status      int
	ContentType string
	Body        string
	Hang        bool // no answer at all: the caller waits until it goes away
}

// Inject asks decide about each call, one at a time: a Fault is answered at once, nil
// lets the call through. A nil decide ends it.
func (t *Tap) Inject(decide func(Call) *Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault = decide
}

// Reset forgets all calls, faults and kills, and waits for the writes that the servers
// are still at work on: no call of a caller that is dead by now has any effect after it.
// A caller that lives on must connect anew.
func (t *Tap) Reset() {
	t.acceptBacklog()
	t.mu.Lock()
	ended := t.currentPeriod()
	t.period = &period{}
	t.calls, t.accepted, t.ambush, t.fault = nil, nil, ambush{}, nil
	t.mu.Unlock()
	ended.writes.Wait()
}

// currentPeriod wants the lock to be held.
func (t *Tap) currentPeriod() *period {
	if t.period == nil {
		t.period = &period{}
	}
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

// Tried returns all attempts to write so far, whatever became of them.
func (t *Tap) Tried() Calls {
	return slices.DeleteFunc(Calls(t.Calls()), func(call Call) bool { return !call.Write })
}

// Writes returns the operations of the writes that were accepted so far, sorted:
// independent ones run at the same time. However often the caller sends a call, because
// an attempt was refused or its answer was lost, it is one write.
func (t *Tap) Writes() []string {
	var out []string
	counted := map[string]bool{}
	for _, call := range t.Tried() {
		if !call.Accepted() || counted[call.Invocation] {
			continue
		}
		counted[call.Invocation] = call.Invocation != ""
		out = append(out, call.Operation)
	}
	slices.Sort(out)
	return out
}

// verdict is what becomes of a call.
type verdict int

const (
	passes verdict = iota
	aborts
	fails // with a Fault
)

// flight is a call that passes.
type flight struct {
	call   *Call
	from   *period
	repeat bool // of a call that was accepted already
}

// arrive files a call that came over a connection of the period and says what to do
// with it. A call that passes has an answered or a lost, and a land.
func (t *Tap) arrive(f *flight) (verdict, *Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ambush.sprung || f.from != t.currentPeriod() {
		return aborts, nil
	}
	t.calls = append(t.calls, f.call)
	if t.fault != nil {
		if fault := t.fault(*f.call); fault != nil {
			f.call.Status = fault.Status
			return fails, fault
		}
	}
	f.repeat = t.accepted[f.call.Invocation]
	if !f.repeat && t.ambush.begins(f.call) {
		f.call.Err = "the caller was killed before it"
		t.ambush.spring()
		return aborts, nil
	}
	if f.call.Write {
		f.from.writes.Add(1)
	}
	return passes, nil
}

// answered notes what the server said, before the caller hears of it, and reports
// whether the caller has been killed so that it never does.
func (t *Tap) answered(f *flight, status int) (killed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f.call.Status = status
	if f.from != t.currentPeriod() || t.ambush.sprung || f.repeat {
		return false
	}
	if f.call.Accepted() && f.call.Invocation != "" {
		if t.accepted == nil {
			t.accepted = map[string]bool{}
		}
		t.accepted[f.call.Invocation] = true
	}
	if t.ambush.ends(f.call) {
		t.ambush.spring()
		return true
	}
	return false
}

// lost notes why there was no answer, or why the caller did not get it.
func (t *Tap) lost(f *flight, why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.call.Err != "" {
		return
	}
	f.call.Err = why.Error()
	if f.call.Status == 0 && f.from == t.currentPeriod() && !f.repeat {
		t.ambush.ends(f.call)
	}
}

// land says that a call which passed is over.
func (f *flight) land() {
	if f.call.Write {
		f.from.writes.Done()
	}
}
