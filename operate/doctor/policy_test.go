package doctor_test

import (
	"strings"
	"testing"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/sandbox"
)

// What the doctor asks for is the policy of bootstrap: nothing more, and each statement.
func TestDoctorKnowsThePolicyOfBootstrap(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{EnforceIAM: true})
	wantSound(t, p.Examine(p.As(p.Holder(""))), "AWS permissions")
	for _, s := range p.BootstrapPolicy().Statements {
		t.Run(s.Sid, func(t *testing.T) {
			found := p.Examine(p.As(p.Holder(s.Sid)))
			if s.Optional {
				want(t, found, "AWS permissions", operate.CheckOK, "it may not "+strings.Join(s.Action, ", "), "")
				return
			}
			want(t, found, "AWS permissions", operate.CheckFail, "needs: "+strings.Join(s.Action, ", "),
				"ask for "+s.Sid+" of `ecsctl policy bootstrap --pool etl`")
		})
	}
}
