package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/sandbox"
)

const anyTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
	"Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}`

// A security group is seen by the third call, and at once when nothing is to lag any more.
func TestNewGroupsAreSeenLate(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Lag: 2})
	made := func() string {
		return *must(c.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{GroupName: unique("group"),
			Description: aws.String("d")}))(t).GroupId
	}
	look := func(id string) error {
		_, err := c.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
		return err
	}
	id := made()
	for range 2 {
		wantCode(t, look(id), "InvalidGroup.NotFound")
	}
	if err := look(id); err != nil {
		t.Error(err)
	}
	id = made()
	c.server.SetLag(0)
	if err := look(id); err != nil {
		t.Error(err)
	}
}

// A write of a role right after another is refused once; other roles and reads are not.
func TestWritesOfARoleAreApart(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Lag: 2})
	create := func(name *string) {
		must(c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name,
			AssumeRolePolicyDocument: aws.String(anyTrust)}))(t)
	}
	one, two := unique("role"), unique("role")
	create(one)
	create(two)
	must(c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: one}))(t)
	remove := func() error {
		_, err := c.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: one})
		return err
	}
	wantCode(t, remove(), "ConcurrentModification")
	if err := remove(); err != nil {
		t.Error(err)
	}
}
