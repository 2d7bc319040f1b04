package worker

import (
	"testing"
	"time"

	"ecsctl/internal/uuid"
	"ecsctl/prefect"
)

// states makes a history from types and names: one a minute, the ids are a, b, c, ...
func states(began time.Time, of ...prefect.State) []prefect.State {
	for i := range of {
		of[i].ID, of[i].Timestamp = string(rune('a'+i)), began.Add(time.Duration(i)*time.Minute)
	}
	return of
}

func named(kind prefect.StateType, name string) prefect.State {
	return prefect.State{Type: kind, Name: name}
}

func TestTheClaimOfALaunch(t *testing.T) {
	t.Parallel()
	scheduled, late := named(prefect.Scheduled, "Scheduled"), named(prefect.Scheduled, "Late")
	pending, submitting := named(prefect.Pending, "Pending"), named(prefect.Pending, "Submitting")
	running, cancelling := named(prefect.Running, "Running"), named(prefect.Cancelling, "Cancelling")
	retry, done, failed := named(prefect.Scheduled, "AwaitingRetry"), named(prefect.Completed, "Completed"),
		named(prefect.Failed, "Failed")
	anew := retry
	anew.Details.TransitionID = markOf("w").newTransition()
	for name, tc := range map[string]struct {
		states  []prefect.State
		want    string
		mistake bool
	}{
		"pending":            {[]prefect.State{scheduled, pending}, "b", false},
		"late":               {[]prefect.State{scheduled, late, pending, submitting}, "c", false},
		"running":            {[]prefect.State{scheduled, pending, submitting, running}, "b", false},
		"cancelling":         {[]prefect.State{scheduled, pending, submitting, cancelling}, "b", false},
		"launched again":     {[]prefect.State{scheduled, pending, running, retry, pending, submitting}, "e", false},
		"retries by itself":  {[]prefect.State{scheduled, pending, running, retry}, "b", false},
		"has retried itself": {[]prefect.State{scheduled, pending, running, retry, running}, "b", false},
		"given back":         {[]prefect.State{scheduled, pending, running, anew}, "", false},
		"retried by hand":    {[]prefect.State{scheduled, pending, running, failed, retry}, "", false},
		"never claimed":      {[]prefect.State{scheduled}, "", false},
		"made Pending":       {[]prefect.State{pending}, "a", false},
		"no states":          {nil, "", false},
		"claimed by mistake": {[]prefect.State{scheduled, pending, running, done, pending}, "e", true},
	} {
		if tc.mistake {
			tc.states[len(tc.states)-1].Details.TransitionID = markOf("w").newTransition()
		}
		claim, ok := claimIn(states(time.Now(), tc.states...))
		if claim.id != tc.want || ok != (tc.want != "") || claim.isMistake() != tc.mistake {
			t.Errorf("%s: got %q, mistake %t", name, claim.id, claim.isMistake())
		}
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	mine := markOf("me")
	id := mine.newTransition()
	if got, ours := readMark(id); !ours || got != mine {
		t.Errorf("%s is read as %x, %t", id, got, ours)
	}
	if id == mine.newTransition() {
		t.Error("two proposals have one transition id")
	}
	if markOf("you") == mine {
		t.Error("two workers have one mark")
	}
	for _, foreign := range []string{"", "no", uuid.New(), "ecsc", id + "00"} {
		if _, ours := readMark(foreign); ours {
			t.Errorf("%q is taken for ours", foreign)
		}
	}
}

func TestHowLongARunHasWaited(t *testing.T) {
	t.Parallel()
	began := time.Now().Add(-time.Hour)
	wait, pending := named(prefect.Scheduled, awaitingCapacity), named(prefect.Pending, "Pending")
	row := states(began, named(prefect.Scheduled, "Scheduled"), pending, wait, named(prefect.Scheduled, "Late"),
		pending, wait, pending, named(prefect.Pending, "Submitting"))
	if times, since := waited(row, time.Now()); times != 2 || !since.Equal(began.Add(2*time.Minute)) {
		t.Errorf("got %d times since %s", times, since)
	}
	again := states(began, wait, pending, named(prefect.Running, "Running"),
		named(prefect.Scheduled, awaitingRetry), pending)
	now := time.Now()
	if times, since := waited(again, now); times != 0 || !since.Equal(now) {
		t.Errorf("a wait before the last launch counts: %d times since %s", times, since)
	}
}
