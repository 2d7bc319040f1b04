package worker

import (
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
	"maps"
	"slices"
	"sync"
	"time"
)

// phase is how far a tracked run has come.
type phase int

const (
	claiming phase = iota + 1 // being claimed or launched
	launched                  // its task exists, or existed
)

// place is where a task is and who may look at it.
type place struct {
	clients *awsaccess.Clients
	cluster string // name or ARN
	task    string // ARN
}

// tracked is what the worker knows of a run that it is in charge of. Values are copies:
// only the table changes one.
type tracked struct {
	run   runlog.Run
	phase phase
	since time.Time // of this phase
	owned bool      // launched by this worker, so that it counts against its limit

	pid        string // infrastructure_pid
	at         place
	definition string // ARN of the task definition that goes when the task has stopped; or empty
	claim      string // id of the claim that it was launched for; empty when not known

	startLimit time.Duration // after which a task that has not started is stopped; 0 is none
	started    bool          // the task was seen running, or later than that
	startSaid  time.Duration // 3, 6, 12 ... minutes: what its run's log last spoke of

	stopAsked time.Time // when StopTask was last accepted
	stoppedAt time.Time // when the task was first seen stopped
}

// table is the one table of runs that are under way. It is safe for concurrent use.
type table struct {
	limit int    // of owned runs; 0 is none
	all   *limit // that this table shares with those of other pools; nil is none

	mu   sync.Mutex
	runs map[string]*tracked // by run id
	// older are the launches, by task, of runs that were scheduled anew before the task had stopped.
	older map[string]*tracked
	gone  chan struct{} // closed and replaced whenever a run leaves or changes phase
}

func newTable(limit int) *table {
	return &table{limit: limit, runs: map[string]*tracked{}, older: map[string]*tracked{}, gone: make(chan struct{})}
}

// admission is the answer to a wish for a place in the table.
type admission int

const (
	admitted admission = iota + 1
	alreadyIn
	full
	allFull // the limit of all pools together is reached, or what is left of it is another's
)

// admit gives a run that is about to be claimed a place. The server gave it to a poll that
// began at found. A run that was launched before that was scheduled anew: somebody has
// retried it while its last task, which may hang, had not stopped.
func (t *table) admit(run runlog.Run, found time.Time) admission {
	return t.all.admit(t, func(room bool) admission { return t.place(run, found, room) })
}

func (t *table) place(run runlog.Run, found time.Time, room bool) admission {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, in := t.runs[run.ID]
	if in && (last.phase != launched || !last.since.Before(found)) {
		return alreadyIn
	}
	switch another := !(in && last.owned); {
	case another && t.limit > 0 && t.owned() >= t.limit:
		return full
	case another && !room:
		return allFull
	}
	if in {
		t.older[last.at.task] = last
	}
	t.runs[run.ID] = &tracked{run: run, phase: claiming, since: time.Now(), owned: true}
	return admitted
}

// claims counts the runs that are being claimed or launched.
func (t *table) claims() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, entry := range t.runs {
		if entry.phase == claiming {
			n++
		}
	}
	return n
}

// isEmpty reports whether nothing is under way.
func (t *table) isEmpty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.runs) == 0
}

// isFull reports whether a limit is reached.
func (t *table) isFull() bool {
	if t.all.isFull() {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.limit > 0 && t.owned() >= t.limit
}

// mostRuns is the smaller of the limits; 0 is none.
func (t *table) mostRuns() int {
	if t.all == nil || t.limit > 0 && t.limit < t.all.most {
		return t.limit
	}
	return t.all.most
}

// inCharge counts the owned runs.
func (t *table) inCharge() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.owned()
}

func (t *table) owned() int {
	n := 0
	for _, entry := range t.runs {
		if entry.owned {
			n++
		}
	}
	return n
}

// launchedTask is what is known of a run that was launched.
type launchedTask struct {
	pid        string
	at         place
	definition string
	claim      string
	startLimit time.Duration
}

// launched says which task a run has.
func (t *table) launched(runID string, l launchedTask) {
	t.change(runID, func(entry *tracked) { entry.set(l) })
}

func (e *tracked) set(l launchedTask) {
	e.phase, e.since = launched, time.Now()
	e.pid, e.at, e.definition, e.claim = l.pid, l.at, l.definition, l.claim
	e.startLimit, e.started, e.startSaid = l.startLimit, false, 0
}

// adopt tracks a run that another worker has launched, or this one before it was
// restarted. A run that is tracked already stays as it is.
func (t *table) adopt(run runlog.Run, l launchedTask) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, in := t.runs[run.ID]; !in {
		entry := &tracked{run: run}
		entry.set(l)
		t.runs[run.ID] = entry
	}
}

// change edits an entry; a run that has left meanwhile is none.
func (t *table) change(runID string, edit func(*tracked)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if entry := t.runs[runID]; entry != nil {
		edit(entry)
		t.signal()
	}
}

// leave ends the tracking of a run and frees its place. The launch before, whose task has not
// stopped, is that of the run again.
func (t *table) leave(runID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.runs, runID)
	for _, older := range t.older {
		if last := t.runs[runID]; older.run.ID == runID && (last == nil || last.since.Before(older.since)) {
			t.runs[runID] = older
		}
	}
	if last := t.runs[runID]; last != nil {
		delete(t.older, last.at.task)
	}
	t.signal()
}

// leaveTask ends the tracking of a task, and of its run unless that has another task by now.
// It reports whether the task was known.
func (t *table) leaveTask(runID, task string) (known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known = t.older[task]
	delete(t.older, task)
	if entry := t.runs[runID]; entry != nil && entry.at.task == task {
		delete(t.runs, runID)
		t.signal()
		known = true
	}
	return known
}

// signal wakes those that wait for a change; t.mu is held.
func (t *table) signal() {
	close(t.gone)
	t.gone = make(chan struct{})
}

// find returns the entry of a run.
func (t *table) find(runID string) (tracked, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	entry := t.runs[runID]
	if entry == nil {
		return tracked{}, false
	}
	return *entry, true
}

// entries are those of runs and of older launches; t.mu is held.
func (t *table) entries() []*tracked {
	return slices.AppendSeq(slices.Collect(maps.Values(t.runs)), maps.Values(t.older))
}

// inPhase returns the entries of a phase, the oldest first.
func (t *table) inPhase(wanted phase) []tracked {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []tracked
	for _, entry := range t.entries() {
		if entry.phase == wanted {
			out = append(out, *entry)
		}
	}
	slices.SortFunc(out, func(a, b tracked) int { return a.since.Compare(b.since) })
	return out
}

// slow counts the tasks of which it was said that they do not start.
func (t *table) slow() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, entry := range t.runs {
		if entry.startSaid > 0 && !entry.started {
			n++
		}
	}
	return n
}

// uses counts the tracked runs that need a task definition until they have stopped.
func (t *table) uses(definition string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, entry := range t.entries() {
		if entry.definition == definition {
			n++
		}
	}
	return n
}

// waitFor returns a channel that closes with the next change, for those who look at
// the table until it is as they want it.
func (t *table) waitFor() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.gone
}
