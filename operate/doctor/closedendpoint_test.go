package doctor_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/sandbox"
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
	want(t, p.Examine(nil), "network", operate.CheckFail, "let in no HTTPS from the worker's tasks: vpce-",
		"let in TCP 443")
	if _, err := p.Ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: group.GroupId, IpPermissions: []types.IpPermission{{IpProtocol: aws.String("tcp"),
			FromPort: aws.Int32(443), ToPort: aws.Int32(443),
			IpRanges: []types.IpRange{{CidrIp: vpcs.Vpcs[0].CidrBlock}}}},
	}); err != nil {
		t.Fatal(err)
	}
	wantSound(t, p.Examine(nil), "network")
}
