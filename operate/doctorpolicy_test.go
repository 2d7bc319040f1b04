package operate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/operate"
	"ecsctl/provision"
	"ecsctl/sandbox"
	"ecsctl/templates"
)

// mayAsk lets a user ask IAM what they may do.
const mayAsk = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"}]}`

// holder is a user who has the policy of bootstrap but for one statement.
func (p *patient) holder(withheld string) aws.Config {
	p.t.Helper()
	name := "without" + withheld
	cfg, client := p.user(name, mayAsk), iam.NewFromConfig(p.cfg)
	policy := p.bootstrapPolicy()
	policy.Statements = slices.DeleteFunc(policy.Statements, func(s templates.Statement) bool { return s.Sid == withheld })
	for i, part := range policy.Parts() {
		made, err := client.CreatePolicy(p.t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String(fmt.Sprint(name, i)), PolicyDocument: aws.String(part.Document())})
		if err == nil {
			_, err = client.AttachUserPolicy(p.t.Context(), &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: made.Policy.Arn})
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return cfg
}

func (p *patient) bootstrapPolicy() provision.Policy {
	p.t.Helper()
	id := provision.Identity{Account: "123456789012", Partition: "aws", Region: patientRegion}
	policy, err := provision.NewPolicy(provision.PolicyBootstrap, p.spec.WithDefaults(), id, provision.Server{APIKey: p.key})
	if err != nil {
		p.t.Fatal(err)
	}
	return policy
}

// What the doctor asks for is the policy of bootstrap: nothing more, and each statement.
func TestDoctorKnowsThePolicyOfBootstrap(t *testing.T) {
	t.Parallel()
	p := newPatient(t, sandbox.Options{EnforceIAM: true})
	wantSound(t, p.examine(p.as(p.holder(""))), "AWS permissions")
	for _, s := range p.bootstrapPolicy().Statements {
		t.Run(s.Sid, func(t *testing.T) {
			found := p.examine(p.as(p.holder(s.Sid)))
			if s.Optional {
				want(t, found, "AWS permissions", operate.CheckOK, "it may not "+strings.Join(s.Action, ", "), "")
				return
			}
			want(t, found, "AWS permissions", operate.CheckFail, "needs: "+strings.Join(s.Action, ", "), "ask for "+s.Sid+" of `ecsctl policy bootstrap --pool etl`")
		})
	}
}
