package doctor_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/testkit/patient"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// Where lists ignore their filters the doctor finds what it finds where they do not, in an account in which others
// have things.
func TestDoctorWithoutFilters(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{
		Quotas: []fault.Quota{{Service: "fargate", Operation: "vcpu", Burst: 6}},
		Functions: map[string]sandbox.Function{"app": func(ctx context.Context, _ []string) int {
			<-ctx.Done()
			return 0
		}},
	})
	none := 0 // what its tasks do changes from one look to the next
	p.Spec.Worker.DesiredCount = &none
	p.Bootstrap()
	othersUseTheirOwn(p)
	othersRunOnInstances(p)
	filtered := p.Examine(asTheCommand(p))
	p.Server.AddFault(fault.Fault{Kind: fault.Unfiltered, Times: -1})
	if diff := cmp.Diff(filtered, p.Examine(asTheCommand(p))); diff != "" {
		t.Errorf("(-filtered +not):\n%s", diff)
	}
}

// othersUseTheirOwn makes two groups of others of which one names the other, and an interface in it.
func othersUseTheirOwn(p *patient.Patient) {
	p.T.Helper()
	ctx := p.T.Context()
	subnets, err := p.Ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	must(p.T, err)
	subnet := subnets.Subnets[0]
	var groups []*string
	for _, name := range []string{"theirs", "their other"} {
		made, err := p.Ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			GroupName: aws.String(name), Description: aws.String(name), VpcId: subnet.VpcId})
		must(p.T, err)
		groups = append(groups, made.GroupId)
	}
	_, err = p.Ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: groups[0],
		IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("-1"),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: groups[1]}}}}})
	must(p.T, err)
	_, err = p.Ec2.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnet.SubnetId, Groups: []string{*groups[1]}, Description: aws.String("ELB app/web")})
	must(p.T, err)
}

// othersRunOnInstances runs a task of four vCPUs that counts for nothing in Fargate's quota.
func othersRunOnInstances(p *patient.Patient) {
	p.T.Helper()
	ctx, api := p.T.Context(), ecs.NewFromConfig(p.Cfg)
	_, err := api.CreateCapacityProvider(ctx, &ecs.CreateCapacityProviderInput{Name: aws.String("batch"),
		AutoScalingGroupProvider: &ecstypes.AutoScalingGroupProvider{
			AutoScalingGroupArn: aws.String("arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:" +
				"00000000-0000-4000-8000-000000000000:autoScalingGroupName/batch"),
			ManagedScaling: &ecstypes.ManagedScaling{Status: ecstypes.ManagedScalingStatusEnabled}}})
	must(p.T, err)
	_, err = api.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("theirs"),
		CapacityProviders: []string{"batch"}})
	must(p.T, err)
	made, err := api.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String("theirs"),
		Cpu: aws.String("4096"), Memory: aws.String("8192"), ContainerDefinitions: []ecstypes.ContainerDefinition{
			{Name: aws.String("app"), Image: aws.String("app")}}})
	must(p.T, err)
	_, err = api.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("theirs"),
		TaskDefinition: made.TaskDefinition.TaskDefinitionArn,
		CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{
			{CapacityProvider: aws.String("batch"), Weight: 1}}})
	must(p.T, err)
}
