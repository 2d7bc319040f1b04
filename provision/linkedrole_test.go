package provision_test

import (
	"testing"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// In a brand-new account ECS's own role is not seen for a while after it was made.
func TestBrandNewAccount(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	a.server.AddFault(fault.Fault{Service: "iam", Operation: fault.LinkedRoleOperation, Kind: fault.Unseen, Times: 5})
	a.bootstrap()
	a.settled()
}
