package commands_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"ecsctl/internal/testkit/stage"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// ec2 is a client that goes past the tap.
func (a *account) ec2() *ec2.Client {
	return ec2.NewFromConfig(a.Server.Config())
}

func (a *account) defaultVPC() string {
	a.t.Helper()
	out, err := a.ec2().DescribeVpcs(a.t.Context(), &ec2.DescribeVpcsInput{})
	if err != nil {
		a.t.Fatal(err)
	}
	return *out.Vpcs[0].VpcId
}

// secondVPC makes a VPC with a name and public subnets in two zones.
func (a *account) secondVPC() {
	a.t.Helper()
	ctx, api := a.t.Context(), a.ec2()
	check := func(err error) {
		a.t.Helper()
		if err != nil {
			a.t.Fatal(err)
		}
	}
	vpc, err := api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"),
		TagSpecifications: []types.TagSpecification{
			{ResourceType: types.ResourceTypeVpc,
				Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("data")}}},
		}})
	check(err)
	gateway, err := api.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})
	check(err)
	_, err = api.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{
		InternetGatewayId: gateway.InternetGateway.InternetGatewayId, VpcId: vpc.Vpc.VpcId,
	})
	check(err)
	tables, err := api.DescribeRouteTables(ctx,
		&ec2.DescribeRouteTablesInput{
			Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{*vpc.Vpc.VpcId}}}})
	check(err)
	_, err = api.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: tables.RouteTables[0].RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"),
		GatewayId: gateway.InternetGateway.InternetGatewayId,
	})
	check(err)
	zones, err := api.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{})
	check(err)
	for i, cidr := range []string{"10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"} {
		_, err = api.CreateSubnet(ctx, &ec2.CreateSubnetInput{
			VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String(cidr), AvailabilityZone: zones.AvailabilityZones[i].ZoneName,
		})
		check(err)
	}
}

// typed types an answer that may lead through further questions, waiting for each: an
// answer with Enter in it goes on when the next question is there.
func (s *screen) typed(keys string) {
	s.t.Helper()
	parts := strings.Split(keys, enter)
	for i, part := range parts {
		s.press(part)
		if i == len(parts)-1 {
			break
		}
		before := s.lines()
		s.press(enter)
		s.changed(before)
	}
}

// changed waits for a question other than the one that was there.
func (s *screen) changed(before string) {
	s.t.Helper()
	title := func(lines string) string {
		_, rest, _ := strings.Cut(lines, "┃ ")
		line, _, _ := strings.Cut(rest, "\n")
		return line
	}
	old := title(before)
	s.until(func() bool { return title(s.lines()) != old })
	s.sees("┃ ", "enter next")
}

// command is the one that the wizard shows.
func (s *screen) command() string {
	s.t.Helper()
	for _, line := range strings.Split(s.text(), "\n") {
		if rest, ok := strings.CutPrefix(line, "  ecsctl bootstrap "); ok {
			return "ecsctl bootstrap " + rest
		}
	}
	s.t.Fatalf("no command is shown:\n%s", s.text())
	return ""
}

// shell runs a command line as a shell does, which must succeed, and returns its standard output.
func (a *account) shell(line string) string {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), stage.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Env, cmd.Dir, cmd.Stderr = a.env, a.dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		a.t.Fatalf("%s: %v", line, err)
	}
	return string(out)
}

// With a key alone the workspaces of Prefect Cloud are there to pick from: see cloud.
func TestWizardPicksAWorkspace(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	cloud := a.cloud()
	s := a.openScreen(80, 24, nil, []string{"PREFECT_API_URL=", "PREFECT_CLOUD_API_URL=" + cloud}, "bootstrap", noWait)
	s.asked("AWS region")
	s.press(enter)
	golden(t, "workspace", s.asked("Prefect Cloud workspace"))
	s.press(down + enter)
	s.defaults(1, len(questions))
	s.asked(lastTitle)
	s.press(makeThem)
	s.exits(0, "--prefect-api-url "+cloud+"/accounts/"+accountID+"/workspaces/"+workspaceID,
		"created work-pool my-ecs-pool")
}
