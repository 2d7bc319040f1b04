package provision_test

import (
	"testing"

	"ecsctl/internal/testkit/inventory"
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
