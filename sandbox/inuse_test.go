package sandbox_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
)

// Only INACTIVE revisions are deleted, ten a call; one that a service has stays until that is gone.
func TestDeleteTaskDefinitions(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	ctx := t.Context()
	in := c.serviceInput(t)
	must(c.ecs.CreateService(ctx, in))(t)
	used := in.TaskDefinition
	status := func() string {
		out, err := c.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: used})
		if err != nil {
			wantCode(t, err, "ClientException")
			return "none"
		}
		return string(out.TaskDefinition.Status)
	}
	remove := func(arns ...string) *ecs.DeleteTaskDefinitionsOutput {
		return must(c.ecs.DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: arns}))(t)
	}
	if got := remove(*used, "nobody:1"); len(got.Failures) != 2 || len(got.TaskDefinitions) != 0 {
		t.Errorf("got %+v", got)
	}
	must(c.ecs.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: used}))(t)
	if got := remove(*used); len(got.Failures) != 0 || len(got.TaskDefinitions) != 1 ||
		got.TaskDefinitions[0].Status != types.TaskDefinitionStatusDeleteInProgress {
		t.Errorf("got %+v", got)
	}
	if got := status(); got != "DELETE_IN_PROGRESS" {
		t.Errorf("while a service has it: %s", got)
	}
	_, err := c.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: in.Cluster, Service: in.ServiceName,
		TaskDefinition: used})
	wantCode(t, err, "ClientException")
	must(c.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: in.Cluster, Service: in.ServiceName}))(t)
	eventually(t, "the revision to go", func() bool { return status() == "none" })

	var many []string
	for n := range 11 {
		many = append(many, fmt.Sprint("f:", n+1))
	}
	_, err = c.ecs.DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: many})
	wantCode(t, err, "InvalidParameterException")
}

// A role in an instance profile is not deleted.
func TestInstanceProfileKeepsItsRole(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	ctx, name := t.Context(), unique("role")
	must(c.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(anyTrust)}))(t)
	must(c.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name}))(t)
	must(c.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name,
		RoleName: name}))(t)
	list := must(c.iam.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: name}))(t)
	if len(list.InstanceProfiles) != 1 || *list.InstanceProfiles[0].InstanceProfileName != *name ||
		*list.InstanceProfiles[0].Roles[0].RoleName != *name {
		t.Errorf("got %+v", list.InstanceProfiles)
	}
	_, err := c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	wantCode(t, err, "DeleteConflict")
	_, err = c.iam.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
	wantCode(t, err, "DeleteConflict")
	must(c.iam.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name,
		RoleName: name}))(t)
	must(c.iam.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name}))(t)
	must(c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))(t)
}

// What keeps a security group is found by the filters of groups and interfaces.
func TestWhatKeepsASecurityGroup(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	ctx := t.Context()
	group := func() string {
		return *must(c.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: unique("group"),
			Description: aws.String("d")}))(t).GroupId
	}
	kept, other := group(), group()
	rule := []ec2types.IpPermission{{IpProtocol: aws.String("-1"),
		UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &kept}}}}
	must(c.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &other,
		IpPermissions: rule}))(t)
	subnet := must(c.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{}))(t).Subnets[0].SubnetId
	made := must(c.ec2.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: subnet,
		Groups: []string{kept}, Description: aws.String("ELB app/web")}))(t).NetworkInterface

	by := func(name string) []ec2types.Filter {
		return []ec2types.Filter{{Name: &name, Values: []string{kept}}}
	}
	named := func(filter string) (ids []string) {
		got := must(c.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: by(filter)}))(t)
		for _, g := range got.SecurityGroups {
			ids = append(ids, *g.GroupId)
		}
		return ids
	}
	if diff := cmp.Diff([]string{other}, named("ip-permission.group-id")); diff != "" {
		t.Error(diff)
	}
	if got := named("egress.ip-permission.group-id"); slices.Contains(got, other) {
		t.Errorf("got %q", got)
	}
	in := must(c.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: by("group-id")}))(t)
	if len(in.NetworkInterfaces) != 1 || *in.NetworkInterfaces[0].NetworkInterfaceId != *made.NetworkInterfaceId {
		t.Errorf("got %+v", in.NetworkInterfaces)
	}
	_, err := c.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &kept})
	wantCode(t, err, "DependencyViolation")
}
