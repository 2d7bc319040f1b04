package wiretap

import "fmt"

// Moment is right before or right after the n-th call (from 1) of an operation that the
// server accepts. An attempt that is refused does not count, nor the repetition of an
// accepted one.
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
	kill     func()
	begun    int // calls of the operation that the server is at work on or has accepted
	accepted int
	sprung   bool
}

// Kill calls kill at the moment, in the place of letting the call or its answer
// through, and lets nothing through after it.
func (t *Tap) Kill(at Moment, kill func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ambush = ambush{Moment: at, kill: kill}
}

// Sprung reports whether the kill has happened.
func (t *Tap) Sprung() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ambush.sprung
}

// begins counts a call on its way to the server and reports whether it springs the kill.
func (a *ambush) begins(call *Call) bool {
	if call.Operation != a.Operation {
		return false
	}
	a.begun++
	return !a.After && a.begun == a.N
}

// ends counts a call that the server has answered, or has not, and reports whether it
// springs the kill.
func (a *ambush) ends(call *Call) bool {
	if call.Operation != a.Operation {
		return false
	}
	if !call.Accepted() {
		a.begun--
		return false
	}
	a.accepted++
	return a.After && a.accepted == a.N
}

// spring wants the lock to be held, so that no other call slips through.
func (a *ambush) spring() {
	a.sprung = true
	a.kill()
}
