package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	trustPolicy     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	inlinePolicy    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecs:RunTask"],"Resource":"*"}]}`
	executionPolicy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
)

// role makes a role that ECS tasks can assume.
func (c *clients) role(t *testing.T, tags ...types.Tag) *types.Role {
	t.Helper()
	name := unique("contract")
	out := must(c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: name, AssumeRolePolicyDocument: aws.String(trustPolicy), Tags: tags,
	}))(t)
	c.dropRole(t, name)
	return out.Role
}

// dropRole deletes a role after the test, where it may still be there and empty.
func (c *clients) dropRole(t *testing.T, name *string) {
	afterwards(t, func(ctx context.Context) {
		_, _ = c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	})
}

func TestCallerIdentity(t *testing.T) {
	t.Parallel()
	c := contract(t)
	got := must(c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))(t)
	if *got.Account != "123456789012" || !strings.HasPrefix(*got.Arn, "arn:aws:") {
		t.Errorf("got account %s, arn %s", *got.Account, *got.Arn)
	}
}

func TestRoleIsFoundAsItWasCreated(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := unique("contract")
	made := must(c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: name, AssumeRolePolicyDocument: aws.String(trustPolicy), Path: aws.String("/x/"),
		Description: aws.String("d"),
		Tags:        []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	}))(t).Role
	c.dropRole(t, name)
	if want := "arn:aws:iam::123456789012:role/x/" + *name; *made.Arn != want {
		t.Errorf("got ARN %s, want %s", *made.Arn, want)
	}
	got := must(c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name}))(t).Role
	document, err := url.PathUnescape(*got.AssumeRolePolicyDocument)
	if err != nil || !sameJSON(t, document, trustPolicy) {
		t.Errorf("got trust policy %s, want it percent-encoded", *got.AssumeRolePolicyDocument)
	}
	if *got.Arn != *made.Arn || *got.RoleId != *made.RoleId || *got.Description != "d" ||
		*got.MaxSessionDuration != 3600 {
		t.Errorf("got %+v, made %+v", got, made)
	}
	want := []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	if diff := cmp.Diff(want, got.Tags, cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
		t.Error(diff)
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return cmp.Equal(x, y)
}

func TestRoleErrors(t *testing.T) {
	t.Parallel()
	c := contract(t)
	have := c.role(t).RoleName
	absent := aws.String("not-there")
	_, err := c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: absent})
	wantMessage(t, err, "NoSuchEntity", "not-there")
	_, err = c.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: absent})
	wantCode(t, err, "NoSuchEntity")
	_, err = c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: have, AssumeRolePolicyDocument: aws.String(trustPolicy),
	})
	wantMessage(t, err, "EntityAlreadyExists", "Role with name "+*have+" already exists.")
}

func TestRoleNamesThatIAMRefuses(t *testing.T) {
	t.Parallel()
	c := contract(t)
	for _, name := range []string{strings.Repeat("a", 65), "a/b", "a b", "é"} {
		_, err := c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
			RoleName: &name, AssumeRolePolicyDocument: aws.String(trustPolicy),
		})
		wantCode(t, err, "ValidationError")
	}
}

func TestMalformedTrustPolicy(t *testing.T) {
	t.Parallel()
	c := contract(t)
	for _, document := range []string{"{", `{"Version":"2012-10-17"}`,
		`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`} {
		_, err := c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
			RoleName: unique("r"), AssumeRolePolicyDocument: &document,
		})
		wantCode(t, err, "MalformedPolicyDocument")
	}
	_, err := c.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: c.role(t).RoleName, PolicyDocument: aws.String("nonsense"),
	})
	wantCode(t, err, "MalformedPolicyDocument")
}

func TestManagedPolicies(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.role(t).RoleName
	attach := func(arn string) error {
		_, err := c.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: &arn})
		return err
	}
	wantCode(t, attach("arn:aws:iam::aws:policy/NoSuchPolicyAnywhere"), "NoSuchEntity")
	for range 2 { // attaching again changes nothing
		if err := attach(executionPolicy); err != nil {
			t.Fatal(err)
		}
	}
	got := must(c.iam.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: name}))(
		t).AttachedPolicies
	if len(got) != 1 || *got[0].PolicyArn != executionPolicy ||
		*got[0].PolicyName != "AmazonECSTaskExecutionRolePolicy" {
		t.Errorf("got %+v", got)
	}
	_, err := c.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name})
	wantCode(t, err, "DeleteConflict")
	detach := &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String(executionPolicy)}
	must(c.iam.DetachRolePolicy(t.Context(), detach))(t)
	_, err = c.iam.DetachRolePolicy(t.Context(), detach)
	wantCode(t, err, "NoSuchEntity")
	must(c.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name}))(t)
}

func TestInlinePolicies(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.role(t).RoleName
	put := &iam.PutRolePolicyInput{
		RoleName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(inlinePolicy),
	}
	must(c.iam.PutRolePolicy(t.Context(), put))(t)
	got := must(c.iam.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{
		RoleName: name, PolicyName: aws.String("p"),
	}))(t)
	document, err := url.PathUnescape(*got.PolicyDocument)
	if err != nil || !sameJSON(t, document, inlinePolicy) {
		t.Errorf("got policy %s", *got.PolicyDocument)
	}
	list := must(c.iam.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: name}))(t)
	if diff := cmp.Diff([]string{"p"}, list.PolicyNames); diff != "" {
		t.Error(diff)
	}
	_, err = c.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name})
	wantCode(t, err, "DeleteConflict")
	for _, statements := range []string{
		`{"Effect":"Perhaps","Action":"*","Resource":"*"}`,
		`{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}`,
	} {
		put.PolicyDocument = aws.String(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
		_, err = c.iam.PutRolePolicy(t.Context(), put)
		wantCode(t, err, "MalformedPolicyDocument")
	}
	must(c.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{
		RoleName: name, PolicyName: aws.String("p"),
	}))(t)
	_, err = c.iam.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("p")})
	wantCode(t, err, "NoSuchEntity")
	_, err = c.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{
		RoleName: name, PolicyName: aws.String("p"),
	})
	wantCode(t, err, "NoSuchEntity")
}

func TestSidsThatIAMRefuses(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.role(t).RoleName
	for _, sid := range []string{"a b", "a-b", "é"} {
		document := fmt.Sprintf(
			`{"Version":"2012-10-17","Statement":[{"Sid":%q,"Effect":"Allow","Action":"*","Resource":"*"}]}`, sid)
		_, err := c.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
			RoleName: name, PolicyName: aws.String("p"), PolicyDocument: &document,
		})
		wantCode(t, err, "MalformedPolicyDocument")
	}
}

func TestRoleTagsAndBoundary(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.role(t, types.Tag{Key: aws.String("a"), Value: aws.String("1")}).RoleName
	must(c.iam.TagRole(t.Context(), &iam.TagRoleInput{RoleName: name, Tags: []types.Tag{
		{Key: aws.String("a"), Value: aws.String("2")}, {Key: aws.String("b"), Value: aws.String("")},
	}}))(t)
	must(c.iam.UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"b", "never-set"}}))(t)
	got := must(c.iam.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: name}))(t).Tags
	if len(got) != 1 || *got[0].Key != "a" || *got[0].Value != "2" {
		t.Errorf("got tags %+v", got)
	}
	must(c.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{
		RoleName: name, PermissionsBoundary: aws.String("arn:aws:iam::aws:policy/PowerUserAccess")}))(t)
	role := must(c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name}))(t).Role
	if role.PermissionsBoundary == nil ||
		*role.PermissionsBoundary.PermissionsBoundaryArn != "arn:aws:iam::aws:policy/PowerUserAccess" {
		t.Errorf("got boundary %+v", role.PermissionsBoundary)
	}
	must(c.iam.DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))(t)
	role = must(c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name}))(t).Role
	if role.PermissionsBoundary != nil {
		t.Errorf("the boundary is still there")
	}
}

func TestListRolesPages(t *testing.T) {
	t.Parallel()
	c := contract(t)
	path := "/" + *unique("pages") + "/"
	want := map[string]bool{}
	for range 5 {
		name := unique("page")
		must(c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
			RoleName: name, Path: &path, AssumeRolePolicyDocument: aws.String(trustPolicy),
		}))(t)
		c.dropRole(t, name)
		want[*name] = true
	}
	got := map[string]bool{}
	pages := iam.NewListRolesPaginator(c.iam, &iam.ListRolesInput{PathPrefix: &path, MaxItems: aws.Int32(2)})
	n := 0
	for pages.HasMorePages() {
		n++
		for _, r := range must(pages.NextPage(t.Context()))(t).Roles {
			got[*r.RoleName] = true
		}
	}
	if n != 3 || !cmp.Equal(want, got) {
		t.Errorf("got %v in %d pages, want %v in 3", got, n, want)
	}
}
