package provision_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/provision"
	"ecsctl/sandbox"
)

// SQS refuses the name of a queue that was just deleted, which is waited out.
func TestNameOfADeletedQueueIsWaitedFor(t *testing.T) {
	t.Parallel()
	clock := sandbox.HeldClock()
	a := newAccount(t, sandbox.Options{QueueDelay: time.Minute, Clock: clock}, 3)
	a.bootstrap()
	whole := a.snapshot()
	if err := deleteQueue("prefect-etl")(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	a.server.ForgetCalls()
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.refused("CreateQueue", 3)
		clock.Advance(time.Minute)
	}()
	a.bootstrap()
	<-done
	a.same("after the wait", whole)
	a.settled()
}

// refused waits until a call that is refused has been made so often.
func (a *account) refused(operation string, times int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for n := 0; n < times; {
		select {
		case <-tick.C:
		case <-a.t.Context().Done():
			return
		}
		n = len(slices.DeleteFunc(a.server.Calls(), func(c sandbox.Call) bool { return c.Operation != operation }))
	}
}

// Switched off later, the observer goes; switched on again, it is back.
func TestObserverIsSwitchedOffAndOn(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	off := false
	a.spec.Observer = &off
	for _, step := range []struct {
		observer      *bool
		queues, rules int
	}{{&off, 0, 0}, {nil, 2, 1}, {&off, 0, 0}} {
		a.spec.Observer = step.observer
		a.bootstrap()
		if raw := a.snapshot().Raw(); len(raw[inventory.Queue]) != step.queues ||
			len(raw[inventory.Rule]) != step.rules {
			t.Errorf("there are %v and %v, want %d queues and %d rules", raw[inventory.Queue], raw[inventory.Rule],
				step.queues, step.rules)
		}
		a.settled()
	}
}

// Queues and rules of others are refused by name, and not touched by a teardown.
func TestQueueAndRuleOfOthers(t *testing.T) {
	t.Parallel()
	for kind, flag := range map[string]string{
		"queue": "--queue-name", "dead-letter-queue": "--dead-letter-queue-name", "event-rule": "--rule-name",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			a.othersHave(kind)
			theirs := a.snapshot()
			err := a.try(t.Context())
			if err == nil || !strings.Contains(err.Error(), kind) {
				t.Fatalf("got %v", err)
			}
			if advice := strings.Join(hint.Of(err), "; "); !strings.Contains(advice, flag) ||
				!strings.Contains(advice, "--no-observer") {
				t.Errorf("advice: %s", advice)
			}
			a.same("after the refusal", theirs)
			a.teardown()
			a.same("after a teardown", theirs)
			off := false
			a.spec.Observer = &off
			a.bootstrap()
			a.teardown()
			a.same("after a bootstrap without an observer, and its teardown", theirs)
		})
	}
}

func (a *account) othersHave(kind string) {
	a.t.Helper()
	var err error
	switch kind {
	case "event-rule":
		_, err = a.source.Events.PutRule(a.t.Context(), &eventbridge.PutRuleInput{
			Name: rule, EventPattern: aws.String(`{"source":["theirs"]}`),
		})
	default:
		name := map[string]string{"queue": "prefect-etl", "dead-letter-queue": "prefect-etl-dead-letter"}[kind]
		_, err = a.source.SQS.CreateQueue(a.t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	}
	if err != nil {
		a.t.Fatal(err)
	}
}

// teardown removes everything that is ours.
func (a *account) teardown() {
	a.t.Helper()
	options := provision.TeardownOptions{Options: a.options(), Limit: patience}
	plan, err := provision.NewTeardown(a.t.Context(), options)
	if err != nil {
		a.t.Fatal(err)
	}
	if _, err := plan.Apply(a.t.Context(), silence{}); err != nil {
		a.t.Fatal(err)
	}
}
