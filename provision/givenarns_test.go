package provision_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/internal/hint"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

const (
	ownARN     = "arn:aws:iam::123456789012:"
	foreignARN = "arn:aws:iam::999988887777:"
	secretsARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
)

// arnCase is an ARN that a user gives, and what is said of it.
type arnCase struct {
	give      func(a *account)
	err, hint string
}

func named(change func(s *spec.Spec)) func(*account) { return func(a *account) { change(&a.spec) } }

var arnCases = map[string]arnCase{
	"another account's role": {named(func(s *spec.Spec) { s.Names.WorkerRole = foreignARN + "role/worker" }),
		`worker-role "arn:aws:iam::999988887777:role/worker" is of account 999988887777`, "name one of this account"},
	"another account's boundary": {named(func(s *spec.Spec) { s.Roles.Boundary = foreignARN + "policy/limit" }),
		"is of account 999988887777", "name one of this account"},
	"another account's task role": {named(func(s *spec.Spec) { s.FlowRuns.TaskRole = foreignARN + "role/flows" }),
		"is of account 999988887777", "name one of this account"},
	"another partition's": {named(func(s *spec.Spec) {
		s.Names.ExecutionRole = "arn:aws-cn:iam::123456789012:role/tasks"
	}), "is in the partition aws-cn", "check --profile"},
	"another region's cluster": {named(func(s *spec.Spec) {
		s.Cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/default"
	}), "is in us-east-1, and this is eu-west-1", "--region"},
	"a role without its path": {func(a *account) {
		a.roleInPath("team", "/data/")
		a.spec.Names.ExecutionRole = ownARN + "role/team"
	}, "is not the ARN of the role team, which is " + ownARN + "role/data/team",
		"--execution-role " + ownARN + "role/data/team"},
	"no such secret": {named(func(s *spec.Spec) { s.Prefect.APIKeySecret = secretsARN + "none-AbCdEf" }),
		"there is no secret", "leave --prefect-api-key-secret out"},
	"a secret that is scheduled for deletion": {func(a *account) {
		a.spec.Prefect.APIKeySecret = a.secret("old")
		_, err := a.source.Secrets.DeleteSecret(a.t.Context(),
			&secretsmanager.DeleteSecretInput{SecretId: aws.String("old")})
		if err != nil {
			a.t.Fatal(err)
		}
	}, "is scheduled for deletion", "aws secretsmanager restore-secret --secret-id " + secretsARN + "old"},
}

// What AWS would refuse at the last step, or in the tasks, of ARNs that are given, the plan does.
func TestGivenARNs(t *testing.T) {
	t.Parallel()
	for name, test := range arnCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 1)
			test.give(a)
			_, err := provision.NewBootstrap(t.Context(), a.options())
			hints := strings.Join(hint.Of(err), "\n")
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(hints, test.hint) {
				t.Errorf("got error %v, hints %q; want %q, %q", err, hints, test.err, test.hint)
			}
		})
	}
}

func (a *account) roleInPath(name, path string) {
	a.t.Helper()
	trust := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", ` +
		`"Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}`
	_, err := a.source.IAM.CreateRole(a.t.Context(), &iam.CreateRoleInput{RoleName: &name, Path: &path,
		AssumeRolePolicyDocument: &trust})
	if err != nil {
		a.t.Fatal(err)
	}
}

// secret makes one and returns its ARN.
func (a *account) secret(name string) string {
	a.t.Helper()
	made, err := secretsmanager.NewFromConfig(a.cfg).CreateSecret(a.t.Context(),
		&secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String("the-key")})
	if err != nil {
		a.t.Fatal(err)
	}
	return *made.ARN
}

// Secrets Manager and ECS take an ARN without the characters at its end, and IAM compares with the whole one: the
// roles' policies and the task definition have that.
func TestPartialSecretARN(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"keys/prefect", "a-prefect"} { // "-prefect" could be "-AbCdEf", but for its length
		a := newAccount(t, sandbox.Options{}, 1)
		full := a.secret(name)
		a.spec.Prefect.APIKeySecret = secretsARN + name
		a.bootstrap()
		policy, err := a.source.IAM.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{
			RoleName: executionRole, PolicyName: aws.String("prefect-secrets")})
		if err != nil {
			t.Fatal(err)
		}
		document, err := url.QueryUnescape(*policy.PolicyDocument)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(document, strings.TrimPrefix(full, secretsARN)) {
			t.Errorf("the execution role's policy does not name %s: %s", full, document)
		}
		a.settled()
	}
}

// A secret of another account is its owner's to share, which the plan says.
func TestForeignSecret(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	a.spec.Prefect.APIKeySecret = "arn:aws:secretsmanager:eu-west-1:999988887777:secret:key-AbCdEf"
	plan, err := provision.NewBootstrap(t.Context(), a.options())
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(plan.Warnings, "\n"); !strings.Contains(all,
		"is of account 999988887777: its resource policy") {
		t.Errorf("got warnings %q", all)
	}
}
