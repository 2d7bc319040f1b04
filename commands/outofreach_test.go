package commands_test

import (
	"strings"
	"testing"

	"ecsctl/commands/wizard"
	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/patient"
	"ecsctl/sandbox"
)

// A worker in AWS never reaches a Prefect at this machine's own address: bootstrap does not begin what it would
// wait for in vain. In a sandbox, whose workers run on this machine, it does.
func TestAServerOnThisMachineIsOutOfReach(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	for name, test := range map[string]struct {
		endpoint        string
		noWait, refused bool
		warnings        int
	}{
		"in the sandbox":          {endpoint: p.Server.URL()},
		"in AWS":                  {refused: true},
		"in AWS, nobody waits":    {noWait: true, warnings: 1},
		"at another AWS endpoint": {endpoint: "https://vpce-1.ecs.eu-west-1.vpce.amazonaws.com", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			options := p.Options(p.Cfg, p.API(p.Server.PrefectAPIURL()))
			options.Spec = options.Spec.WithDefaults()
			options.Clients.Endpoint = test.endpoint
			plan, err := wizard.BootstrapOptions{NoWait: test.noWait}.Plan(t.Context(), options)
			if test.refused {
				if err == nil || !strings.Contains(err.Error(), "this machine's own address") ||
					!strings.Contains(strings.Join(hint.Of(err), "\n"), "--prefect-api-url") {
					t.Errorf("got %v, hints %q", err, hint.Of(err))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(plan.Warnings) != test.warnings {
				t.Errorf("warnings: %q", plan.Warnings)
			}
		})
	}
}
