package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/sandbox"
)

// allowedElsewhere are actions of a statement that another one allows as well: JudgeAdoptedRoles every role's, and the
// doctor's own policy.
var allowedElsewhere = map[string][]string{
	"ReadRoles": {"iam:GetRole"}, "JudgeAdoptedRoles": {"iam:SimulatePrincipalPolicy"},
}

// What the doctor asks for is the policy of bootstrap: nothing more, and each statement.
func TestDoctorKnowsThePolicyOfBootstrap(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{EnforceIAM: true})
	wantSound(t, p.Examine(p.As(p.Holder(""))), "AWS permissions")
	for _, s := range p.BootstrapPolicy().Statements {
		t.Run(s.Sid, func(t *testing.T) {
			found := p.Examine(p.As(p.Holder(s.Sid)))
			missed := strings.Join(slices.DeleteFunc(slices.Clone(s.Action), func(action string) bool {
				return slices.Contains(allowedElsewhere[s.Sid], action)
			}), ", ")
			if s.Optional {
				want(t, found, "AWS permissions", operate.CheckOK, "it may not "+missed, "")
				return
			}
			want(t, found, "AWS permissions", operate.CheckFail, "needs: "+missed,
				"ask for "+s.Sid+" of `ecsctl policy bootstrap --pool etl`")
		})
	}
}
