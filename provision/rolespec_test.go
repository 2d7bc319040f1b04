package provision_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/hint"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

func (a *account) role(name *string) *types.Role {
	a.t.Helper()
	got, err := a.source.IAM.GetRole(a.t.Context(), &iam.GetRoleInput{RoleName: name})
	if err != nil {
		a.t.Fatal(err)
	}
	return got.Role
}

func (a *account) boundary(name string) string {
	a.t.Helper()
	made, err := a.source.IAM.CreatePolicy(a.t.Context(),
		&iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)})
	if err != nil {
		a.t.Fatal(err)
	}
	return *made.Policy.Arn
}

// Roles get the boundary and the path that a company demands, and everything that names
// a role names it with its path.
func TestRolesHaveTheBoundaryAndThePath(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	a.spec.Roles = spec.Roles{Boundary: a.boundary("limit"), Path: "/team/data/"}
	a.bootstrap()
	a.settled()
	for _, name := range []*string{executionRole, workerRole, flowExecutionRole} {
		role := a.role(name)
		if want := "arn:aws:iam::123456789012:role/team/data/" + *name; *role.Arn != want {
			t.Errorf("the role is %s, want %s", *role.Arn, want)
		}
		if role.PermissionsBoundary == nil ||
			*role.PermissionsBoundary.PermissionsBoundaryArn != a.spec.Roles.Boundary {
			t.Errorf("role %s has the boundary %+v", *name, role.PermissionsBoundary)
		}
	}
	definition, err := a.source.ECS.DescribeTaskDefinition(t.Context(),
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: family})
	if err != nil {
		t.Fatal(err)
	}
	if got := *definition.TaskDefinition.TaskRoleArn; got != *a.role(workerRole).Arn {
		t.Errorf("the tasks have the role %s", got)
	}
	pool, err := a.api.ReadWorkPool(t.Context(), "etl")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(pool.BaseJobTemplate), *a.role(flowExecutionRole).Arn) {
		t.Error("the pool names another execution role")
	}
}

// A boundary that was taken off or replaced is put back; one that the Spec does not name stays.
func TestBoundaryIsRepaired(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	limit, other := a.boundary("limit"), a.boundary("other")
	a.spec.Roles.Boundary = limit
	a.bootstrap()
	ctx, api := t.Context(), a.source.IAM
	if _, err := api.DeleteRolePermissionsBoundary(ctx,
		&iam.DeleteRolePermissionsBoundaryInput{RoleName: workerRole}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{
		RoleName: executionRole, PermissionsBoundary: &other,
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"execution-role update", "worker-role update"}, a.plan()); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	a.bootstrap()
	a.settled()
	for _, name := range []*string{executionRole, workerRole} {
		if b := a.role(name).PermissionsBoundary; b == nil || *b.PermissionsBoundaryArn != limit {
			t.Errorf("role %s has the boundary %+v", *name, b)
		}
	}
	a.spec.Roles.Boundary = ""
	a.settled()
	if a.role(workerRole).PermissionsBoundary == nil {
		t.Error("a boundary that the Spec does not name is gone")
	}
}

// IAM cannot move a role: another path is refused, and none given takes the role where it is.
func TestPathOfARoleThatIsThere(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	a.spec.Roles.Path = "/one/"
	a.bootstrap()
	a.spec.Roles.Path = ""
	a.settled()
	a.spec.Roles.Path = "/two/"
	_, err := provision.NewBootstrap(t.Context(), a.options())
	if err == nil || !strings.Contains(err.Error(),
		`"prefect-etl-eu-west-1-worker" is in another path than /two/: its ARN is arn:aws:iam::123456789012:role/one/prefect-etl-eu-west-1-worker`) {
		t.Fatalf("got %v", err)
	}
	if hints := strings.Join(hint.Of(err), "\n"); !strings.Contains(hints, "--role-path") {
		t.Errorf("the hints are %s", hints)
	}
}
