package provision

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/internal/hint"
)

func refusal(message string) error {
	return answered("ECS", "CreateService", 400, "InvalidParameterException", message)
}

// The messages are those of ECS (docs/aws-notes.md), and of things that no waiting fixes.
func TestRefusesRole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want bool
	}{
		{refusal("Unable to assume the service linked role. Please verify that the ECS service linked role exists."),
			true},
		{answered("ECS", "RunTask", 400, "ClientException",
			"ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task."), true},
		{answered("ECS", "RegisterTaskDefinition", 400, "ClientException", "Role is not valid"), true},
		{answered("ECS", "RegisterTaskDefinition", 400, "ClientException",
			"The role arn:aws:iam::1:role/x does not exist"), true},
		{answered("ECS", "RegisterTaskDefinition", 400, "ClientException",
			"Invalid 'executionRoleArn' setting for role"), true},
		{refusal("Creation of service was not idempotent."), false},
		{refusal("subnets can not be empty."), false},
		{answered("ECS", "RegisterTaskDefinition", 400, "ClientException",
			"No Fargate configuration exists for given values."), false},
		{answered("ECS", "CreateService", 400, "ClusterNotFoundException", "unable to assume the role"), false},
		{errors.New("unable to assume the role"), false},
		{nil, false},
	} {
		if got := refusesRole(test.err); got != test.want {
			t.Errorf("%v: got %v, want %v", test.err, got, test.want)
		}
	}
}

// What AWS is still deleting keeps its name for a moment.
func TestStillGoing(t *testing.T) {
	t.Parallel()
	draining := refusal("Unable to Start a service that is still Draining.")
	if !stillDraining(draining) || stillDraining(refusal("subnets can not be empty.")) || stillDraining(nil) {
		t.Error("a draining namesake is not told from other refusals")
	}
	scheduled := answered("Secrets Manager", "CreateSecret", 400, "InvalidRequestException", "scheduled for deletion")
	if !stillDeleting(scheduled) || stillDeleting(draining) || stillDeleting(nil) {
		t.Error("a secret that is being deleted is not told from other refusals")
	}
}

func waitingWorld() *world {
	return &world{poll: time.Second, log: slog.New(slog.DiscardHandler)}
}

func TestInsist(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		err := waitingWorld().insist(t.Context(), refusesRole, func() error {
			if calls++; calls < 20 {
				return refusal("unable to assume the role")
			}
			return nil
		})
		if err != nil || calls != 20 || time.Since(began) != 19*time.Second {
			t.Errorf("got %v after %d calls in %s", err, calls, time.Since(began))
		}
	})
}

// A role that never comes is waited for no longer than the limit, and then reported.
func TestInsistHasALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := waitingWorld().insist(t.Context(), refusesRole,
			func() error { return refusal("unable to assume the role") })
		if !refusesRole(err) || time.Since(began) != insistFor {
			t.Errorf("got %v in %s", err, time.Since(began))
		}
	})
}

func TestInsistGivesUpAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		err := waitingWorld().insist(t.Context(), refusesRole,
			func() error { calls++; return refusal("subnets can not be empty.") })
		if err == nil || calls != 1 || time.Since(began) != 0 {
			t.Errorf("got %v after %d calls in %s", err, calls, time.Since(began))
		}
	})
}

func TestInsistEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5500*time.Millisecond)
		defer cancel()
		err := waitingWorld().insist(ctx, refusesRole, func() error { return refusal("unable to assume the role") })
		if err == nil || time.Since(began) != 5500*time.Millisecond {
			t.Errorf("got %v in %s", err, time.Since(began))
		}
	})
}

// Whoever may not have ECS's own role made is told the command, once it is no longer new.
func TestMissingLinkedRoleIsHinted(t *testing.T) {
	t.Parallel()
	err := explain("create the cluster",
		refusal("Unable to assume the service linked role. Please verify that the ECS service linked role exists."))
	if hints := hint.Of(err); len(hints) != 1 || !strings.HasSuffix(hints[0], MakeLinkedRole) {
		t.Errorf("got %v, hints %q", err, hints)
	}
}
