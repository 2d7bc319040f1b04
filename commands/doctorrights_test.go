package commands_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"ecsctl/operate"
)

// With no rights but those of `ecsctl policy doctor`, a pool that is well is found so: what
// may not be looked at is SKIP, never FAIL. What is broken is found all the same.
func TestDoctorWithItsOwnPolicy(t *testing.T) {
	t.Parallel()
	p := newBrokenPool(t)
	policy := p.shell("ecsctl policy doctor --pool etl --output json")
	key := p.userWith("doctor", policy)
	env := append(p.env, "AWS_ACCESS_KEY_ID="+*key.AccessKeyId, "AWS_SECRET_ACCESS_KEY="+*key.SecretAccessKey)
	look := func() map[string]operate.Check {
		var got struct{ Checks []operate.Check }
		cmd, out := p.command("doctor", "--pool", "etl", "--output", "json")
		cmd.Env, cmd.Stderr = env, &bytes.Buffer{}
		_ = cmd.Run() // the checks say it
		p.must(json.Unmarshal(out.Bytes(), &got))
		found := map[string]operate.Check{}
		for _, c := range got.Checks {
			found[c.Name] = c
		}
		return found
	}
	for name, c := range look() {
		if c.Status == operate.CheckFail && name != "AWS permissions" { // it may not do what bootstrap does
			t.Errorf("%s: %s", name, c.Reason)
		}
	}
	if c := look()["what bootstrap made"]; c.Status != operate.CheckSkip {
		t.Errorf("with rights for a part of it: %+v", c)
	}
	p.crash()
	p.eventually(p.limited(), "the crash is told", func() bool {
		return look()["what bootstrap made"].Status == operate.CheckFail
	})
}

// userWith makes an IAM user with a policy and a key.
func (a *account) userWith(name, policy string) types.AccessKey {
	a.t.Helper()
	ctx, api := a.t.Context(), a.Source.IAM
	_, err := api.CreateUser(ctx, &iam.CreateUserInput{UserName: &name})
	a.must(err)
	_, err = api.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy,
	})
	a.must(err)
	made, err := api.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	a.must(err)
	return *made.AccessKey
}
