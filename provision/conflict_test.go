package provision_test

import (
	"slices"
	"testing"

	"ecsctl/internal/testkit/inventory"
	"ecsctl/provision"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// IAM refuses a write while another one of the same role goes on; ECS sees a service that is
// gone for a moment more. Neither is an error of ours.
func TestConflictsAreNoErrors(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	for _, operation := range []string{"PutRolePolicy", "AttachRolePolicy", "CreateRole", "DeleteRole",
		"DeleteRolePolicy", "DetachRolePolicy"} {
		a.server.AddFault(fault.Fault{Service: "iam", Operation: operation, Kind: fault.Conflict, Times: 2})
	}
	a.server.AddFault(fault.Fault{Service: "ecs", Operation: "DeleteCluster", Kind: fault.Conflict, Times: 2})
	before := a.snapshot()
	a.bootstrap()
	a.settled()
	a.teardown()
	if diff := inventory.Diff(before, a.snapshot()); diff != "" {
		t.Errorf("after the teardown (-want +got):\n%s", diff)
	}
	if left := a.server.Faults(); len(left) != 0 {
		t.Errorf("nothing met the faults %v", left)
	}
}

// Of two pools in the cluster that the first made, each goes without the other's service: the
// cluster is left while the second needs it.
func TestTeardownLeavesAClusterThatOthersUse(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	a.bootstrap()
	a.spec.Pool = "second"
	a.bootstrap()
	a.spec.Pool = "etl"
	plan, err := provision.NewTeardown(t.Context(), provision.TeardownOptions{Options: a.options(), Limit: patience})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(plan.Changes, func(c provision.Change) bool { return c.Kind == provision.KindCluster })
	if c := plan.Changes[i]; c.Action != provision.Leave || c.Reason != "it runs services of others: 1" {
		t.Errorf("got %+v", c)
	}
	if _, err := plan.Apply(t.Context(), silence{}); err != nil {
		t.Fatalf("%v\nbelow it: %v", err, below(err))
	}
	a.spec.Pool = "second"
	if changes := a.plan(); len(changes) != 0 {
		t.Errorf("the second pool lacks something: %q", changes)
	}
}
