package doctor_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/operate/doctor"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// setUp is one that is broken, and what the doctor says of it.
type setUp struct {
	account sandbox.Options
	before  func(p *patient.Patient) // before bootstrap
	made    bool                     // by bootstrap
	damage  func(p *patient.Patient) // afterwards
	change  func(p *patient.Patient) func(*doctor.DoctorOptions)

	check     string
	status    operate.CheckStatus
	says, fix string
}

const denySecret = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
	{"Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}`

// brokenSetUps are those of issue 16.
var brokenSetUps = map[string]setUp{
	"the pool stands in another region": {made: true, change: func(p *patient.Patient) func(*doctor.DoctorOptions) {
		return func(o *doctor.DoctorOptions) { o.Clients.Region, o.Spec.Region = "us-east-1", "us-east-1" }
	}, check: "AWS region", status: operate.CheckFail, says: "eu-west-1", fix: "--region eu-west-1"},
	"no service-linked role": {
		account: sandbox.Options{Faults: []fault.Fault{{Service: "iam", Operation: fault.LinkedRoleOperation,
			Kind: fault.Unseen, Times: -1}}},
		check: "ECS's own role", status: operate.CheckWarn, says: "AWSServiceRoleForECS",
		fix: "aws iam create-service-linked-role"},
	"the region is not enabled": {account: sandbox.Options{NotEnabled: true}, check: "AWS credentials",
		status: operate.CheckFail, says: "the region eu-west-1 is not enabled", fix: "aws account enable-region"},
	"the organization forbids it": {account: sandbox.Options{EnforceIAM: true, ServiceControlPolicy: denySecret},
		change: func(p *patient.Patient) func(*doctor.DoctorOptions) { return p.As(p.User("admin", everything)) },
		check:  "AWS permissions", status: operate.CheckFail, says: "secretsmanager:GetSecretValue",
		fix: "a service control policy of your organization forbids"},
	"the worker's boundary forbids it": {before: func(p *patient.Patient) {
		made, err := iam.NewFromConfig(p.Cfg).CreatePolicy(p.T.Context(), &iam.CreatePolicyInput{
			PolicyName: aws.String("limit"), PolicyDocument: aws.String(denySecret)})
		must(p.T, err)
		p.Spec.Roles.Boundary = *made.Policy.Arn
	}, made: true, check: "execution-role prefect-etl-eu-west-1-execution", status: operate.CheckFail,
		says: "its permissions boundary arn:aws:iam::123456789012:policy/limit does not let it",
		fix:  "lift what limits them"},
	"the key's secret is scheduled for deletion": {made: true, damage: func(p *patient.Patient) {
		_, err := secretsmanager.NewFromConfig(p.Cfg).DeleteSecret(p.T.Context(), &secretsmanager.DeleteSecretInput{
			SecretId: aws.String("prefect/etl/api-key")})
		must(p.T, err)
	}, check: "worker's API key", status: operate.CheckFail, says: "is scheduled for deletion",
		fix: "aws secretsmanager restore-secret"},
	"the key's secret is another account's": {before: func(p *patient.Patient) {
		p.Spec.Prefect.APIKeySecret = "arn:aws:secretsmanager:eu-west-1:999988887777:secret:key-AbCdEf"
	}, check: "worker's API key", status: operate.CheckSkip, says: "is of account 999988887777",
		fix: "ecsctl verify --pool etl"},
	"subnets without free addresses": {before: func(p *patient.Patient) {
		p.Spec.Network.Subnets = []string{full(p)}
	}, check: "network", status: operate.CheckWarn, says: "it has no free addresses", fix: "--subnet"},
	"a subnet on an Outpost": {before: func(p *patient.Patient) {
		p.Spec.Network.Subnets = []string{newSubnet(p, &ec2.CreateSubnetInput{
			OutpostArn: aws.String("arn:aws:outposts:::outpost/op-1")})}
	}, check: "network", status: operate.CheckFail, says: "it is on an Outpost", fix: "--subnet"},
	"a default route to the company's network": {before: func(p *patient.Patient) {
		p.Spec.Network.Subnets = []string{newSubnet(p, &ec2.CreateSubnetInput{}, &ec2.CreateRouteInput{
			LocalGatewayId: aws.String("lgw-1")})}
	}, check: "network", status: operate.CheckWarn, says: "leads to the local gateway lgw-1", fix: "--subnet"},
	"no default VPC's subnets": {before: func(p *patient.Patient) {
		vpc, err := p.Ec2.CreateVpc(p.T.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
		must(p.T, err)
		p.Spec.Network.VPC = *vpc.Vpc.VpcId
	}, check: "network", status: operate.CheckFail, says: "has no subnets", fix: "--vpc"},
	"a role without its path": {before: func(p *patient.Patient) {
		client := iam.NewFromConfig(p.Cfg)
		_, err := client.CreateRole(p.T.Context(), &iam.CreateRoleInput{RoleName: aws.String("tasks"),
			Path: aws.String("/data/"),
			AssumeRolePolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
				"Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}`)})
		must(p.T, err)
		p.Spec.Names.ExecutionRole = "arn:aws:iam::123456789012:role/tasks"
	}, check: "execution-role tasks", status: operate.CheckFail, says: "arn:aws:iam::123456789012:role/data/tasks",
		fix: "same bootstrap again"},
	"no region": {change: func(*patient.Patient) func(*doctor.DoctorOptions) {
		return func(o *doctor.DoctorOptions) { o.AWSErr = provision.ErrNoRegion }
	}, check: "AWS region", status: operate.CheckFail, says: "no AWS region given", fix: "--region"},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newSubnet makes one in a VPC of its own, with the routes.
func newSubnet(p *patient.Patient, in *ec2.CreateSubnetInput, routes ...*ec2.CreateRouteInput) string {
	p.T.Helper()
	ctx := p.T.Context()
	vpc, err := p.Ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	must(p.T, err)
	in.VpcId, in.CidrBlock = vpc.Vpc.VpcId, aws.String("10.9.0.0/28")
	made, err := p.Ec2.CreateSubnet(ctx, in)
	must(p.T, err)
	table, err := p.Ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: in.VpcId})
	must(p.T, err)
	for _, route := range routes {
		if route.TransitGatewayId != nil {
			_, err := p.Ec2.CreateTransitGatewayVpcAttachment(ctx, &ec2.CreateTransitGatewayVpcAttachmentInput{
				TransitGatewayId: route.TransitGatewayId, VpcId: in.VpcId, SubnetIds: []string{*made.Subnet.SubnetId}})
			must(p.T, err)
		}
		route.RouteTableId, route.DestinationCidrBlock = table.RouteTable.RouteTableId, aws.String("0.0.0.0/0")
		_, err := p.Ec2.CreateRoute(ctx, route)
		must(p.T, err)
	}
	_, err = p.Ec2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{
		RouteTableId: table.RouteTable.RouteTableId, SubnetId: made.Subnet.SubnetId})
	must(p.T, err)
	return *made.Subnet.SubnetId
}

// full makes a subnet whose addresses are all taken, with a way out.
func full(p *patient.Patient) string {
	p.T.Helper()
	gateway, err := p.Ec2.CreateTransitGateway(p.T.Context(), &ec2.CreateTransitGatewayInput{})
	must(p.T, err)
	id := newSubnet(p, &ec2.CreateSubnetInput{},
		&ec2.CreateRouteInput{TransitGatewayId: gateway.TransitGateway.TransitGatewayId})
	for range 11 {
		_, err := p.Ec2.CreateNetworkInterface(p.T.Context(), &ec2.CreateNetworkInterfaceInput{SubnetId: &id})
		must(p.T, err)
	}
	return id
}

// TestDoctorOfBrokenSetUps: the doctor names the fault of each, and its fix.
func TestDoctorOfBrokenSetUps(t *testing.T) {
	t.Parallel()
	for name, test := range brokenSetUps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := patient.NewPatient(t, test.account)
			p.Spec.Worker = spec.Worker{Runtime: spec.RuntimePrefect, Image: "prefecthq/worker:1"}
			if test.before != nil {
				test.before(p)
			}
			if test.made {
				p.Bootstrap()
			}
			if test.damage != nil {
				test.damage(p)
			}
			var change func(*doctor.DoctorOptions)
			if test.change != nil {
				change = test.change(p)
			}
			found := p.Examine(change)
			want(t, found, test.check, test.status, test.says, test.fix)
			t.Logf("| %s | %s %s: %s | %s |", name, test.status, test.check, oneLine(found[test.check].Reason),
				oneLine(found[test.check].Fix))
		})
	}
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }
