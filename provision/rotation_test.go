package provision_test

import (
	"slices"
	"testing"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// rotated is an account that has the key of before, to be changed by the next run.
func rotated(t *testing.T) *account {
	t.Helper()
	a := newAccount(t, sandbox.Options{}, 3)
	a.bootstrap()
	a.tap.Reset()
	if err := changeSecret(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

// New tasks read the secret at their start: the service must not be rolled before
// the secret has its new value, and not at all when that fails.
func TestServiceIsRolledAfterTheSecret(t *testing.T) {
	t.Parallel()
	a := rotated(t)
	a.server.AddFault(fault.Fault{
		Service: "secretsmanager", Operation: "PutSecretValue", Kind: fault.AccessDenied, Times: -1,
	})
	if a.try(t.Context()) == nil {
		t.Error("the secret was put in spite of the fault")
	}
	if slices.Contains(a.tap.Writes(), "ecs:UpdateService") {
		t.Error("the service was rolled although the secret has its old value")
	}
	a.fix()
	a.bootstrap()
	a.settled()
}
