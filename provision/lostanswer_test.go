package provision_test

import (
	"encoding/json"
	"testing"

	"ecsctl/internal/testkit/wiretap"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// creations are the attempts to create the service, and the client tokens that they carry.
func (a *account) creations() (calls wiretap.Calls, tokens []string) {
	a.t.Helper()
	for _, call := range a.tap.Calls() {
		if call.Operation != "ecs:CreateService" {
			continue
		}
		var in struct {
			ClientToken string `json:"clientToken"`
		}
		if err := json.Unmarshal([]byte(call.Body), &in); err != nil {
			a.t.Fatal(err)
		}
		calls, tokens = append(calls, call), append(tokens, in.ClientToken)
	}
	return calls, tokens
}

// ECS knows a CreateService whose answer was lost by its client token, which no later
// service has.
func TestALostServiceIsKnownByItsToken(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	a.server.AddFault(fault.Fault{Service: "ecs", Operation: "CreateService", Kind: fault.DropAfter})
	a.bootstrap()
	calls, tokens := a.creations()
	if len(calls) != 2 || calls[0].Status != 0 || !calls[1].Accepted() {
		t.Fatalf("want an attempt without an answer and one that is accepted:\n%s", calls)
	}
	if tokens[0] == "" || tokens[0] != tokens[1] {
		t.Errorf("the attempts have the tokens %q", tokens)
	}
	a.teardown()
	a.bootstrap()
	if calls, again := a.creations(); len(calls) != 3 || !calls[2].Accepted() || again[2] == tokens[0] {
		t.Errorf("a service that is made anew has the tokens %q:\n%s", again, calls)
	}
}
