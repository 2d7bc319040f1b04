package doctor_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// An endpoint with private DNS takes all that goes to its service, and lets in whom its groups let in.
func TestDoctorClosedEndpoint(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	vpcs, err := p.Ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	if err != nil {
		t.Fatal(err)
	}
	vpc := vpcs.Vpcs[0].VpcId
	group, err := p.Ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("endpoints"), Description: aws.String("endpoints"), VpcId: vpc,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Ec2.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: vpc, ServiceName: aws.String("com.amazonaws." + patient.PatientRegion + ".secretsmanager"),
		VpcEndpointType: types.VpcEndpointTypeInterface, SecurityGroupIds: []string{*group.GroupId},
	}); err != nil {
		t.Fatal(err)
	}
	closed := func() {
		t.Helper()
		want(t, p.Examine(nil), "network", operate.CheckFail, "let in no HTTPS from the worker's tasks: vpce-",
			"let in TCP 443")
	}
	closed()
	letInOthers(p, group.GroupId)
	p.Server.AddFault(fault.Fault{Kind: fault.Unfiltered, Times: -1})
	closed() // the group that it lets in is not the tasks', though a list without filters has it
	if _, err := p.Ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group.GroupId, IpPermissions: []types.IpPermission{{IpProtocol: aws.String("tcp"),
			FromPort: aws.Int32(443), ToPort: aws.Int32(443),
			IpRanges: []types.IpRange{{CidrIp: vpcs.Vpcs[0].CidrBlock}}}},
	}); err != nil {
		t.Fatal(err)
	}
	wantSound(t, p.Examine(nil), "network")
	closedEndpointElsewhere(p)
	wantSound(t, p.Examine(nil), "network")
}

// letInOthers lets a group of others through the group of an endpoint.
func letInOthers(p *patient.Patient, group *string) {
	p.T.Helper()
	vpcs, err := p.Ec2.DescribeVpcs(p.T.Context(), &ec2.DescribeVpcsInput{})
	must(p.T, err)
	theirs, err := p.Ec2.CreateSecurityGroup(p.T.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("theirs"), Description: aws.String("theirs"), VpcId: vpcs.Vpcs[0].VpcId})
	must(p.T, err)
	_, err = p.Ec2.AuthorizeSecurityGroupIngress(p.T.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group, IpPermissions: []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443),
			ToPort: aws.Int32(443), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: theirs.GroupId}}}}})
	must(p.T, err)
}

// closedEndpointElsewhere is one in another VPC.
func closedEndpointElsewhere(p *patient.Patient) {
	p.T.Helper()
	made, err := p.Ec2.CreateVpc(p.T.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	must(p.T, err)
	group, err := p.Ec2.CreateSecurityGroup(p.T.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("endpoints"), Description: aws.String("endpoints"), VpcId: made.Vpc.VpcId})
	must(p.T, err)
	_, err = p.Ec2.CreateVpcEndpoint(p.T.Context(), &ec2.CreateVpcEndpointInput{VpcId: made.Vpc.VpcId,
		ServiceName:     aws.String("com.amazonaws." + patient.PatientRegion + ".secretsmanager"),
		VpcEndpointType: types.VpcEndpointTypeInterface, SecurityGroupIds: []string{*group.GroupId}})
	must(p.T, err)
}
