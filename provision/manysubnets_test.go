package provision_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/sandbox"
)

// manySubnets makes a VPC with twenty subnets that lead out, in three zones, and returns those that ECS should get: all
// of the zone that has four, and of the others those with the most addresses.
func (a *account) manySubnets() (vpc string, want []string) {
	a.t.Helper()
	ctx, api := a.t.Context(), a.source.EC2
	must := func(err error) {
		a.t.Helper()
		if err != nil {
			a.t.Fatal(err)
		}
	}
	made, err := api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.7.0.0/16")})
	must(err)
	gateway, err := api.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})
	must(err)
	_, err = api.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{VpcId: made.Vpc.VpcId,
		InternetGatewayId: gateway.InternetGateway.InternetGatewayId})
	must(err)
	table, err := api.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: made.Vpc.VpcId})
	must(err)
	_, err = api.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table.RouteTable.RouteTableId,
		DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateway.InternetGateway.InternetGatewayId})
	must(err)
	for n := range 20 {
		zone, size := "ab"[n%2:n%2+1], 28
		if n < 4 {
			zone = "c"
		}
		if n >= 8 {
			size = 26
		}
		s, err := api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: made.Vpc.VpcId,
			AvailabilityZone: aws.String(region + zone), CidrBlock: aws.String(fmt.Sprintf("10.7.%d.0/%d", n, size))})
		must(err)
		_, err = api.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{SubnetId: s.Subnet.SubnetId,
			RouteTableId: table.RouteTable.RouteTableId})
		must(err)
		if n < 4 || n >= 8 {
			want = append(want, *s.Subnet.SubnetId)
		}
	}
	slices.Sort(want)
	return *made.Vpc.VpcId, want
}

// poolSubnets are those of the pool's network_configuration.
func (a *account) poolSubnets() []string {
	a.t.Helper()
	pool, err := a.api.ReadWorkPool(a.t.Context(), "etl")
	if err != nil {
		a.t.Fatal(err)
	}
	var template struct {
		Variables struct {
			Properties map[string]struct{ Default json.RawMessage }
		}
	}
	var network struct{ Subnets []string }
	err = json.Unmarshal(pool.BaseJobTemplate, &template)
	if err == nil {
		err = json.Unmarshal(template.Variables.Properties["network_configuration"].Default, &network)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	slices.Sort(network.Subnets)
	return network.Subnets
}

// Of a VPC with more subnets than ECS takes, both the worker's service and the pool's flow runs get sixteen.
func TestVPCOfManySubnets(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	vpc, want := a.manySubnets()
	a.spec.Network.VPC = vpc
	a.bootstrap()
	service, err := a.source.ECS.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{*family}})
	if err != nil {
		t.Fatal(err)
	}
	got := service.Services[0].NetworkConfiguration.AwsvpcConfiguration.Subnets
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the service has %q, want %q", got, want)
	}
	if got := a.poolSubnets(); !slices.Equal(got, want) {
		t.Errorf("the pool has %q, want %q", got, want)
	}
	a.settled()
}

// A pool whose own network_configuration has more than ECS takes does not keep it, and the plan says why.
func TestPoolOfTooLargeANetwork(t *testing.T) {
	t.Parallel()
	many := func(kind string, n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprintf("%s-%017d", kind, i))
		}
		return out
	}
	for why, network := range map[string]map[string]any{
		"it names 17 subnets, and ECS accepts 16": {"subnets": many("subnet", 17)},
		"it names 6 security groups, and ECS accepts 5": {"subnets": many("subnet", 1),
			"securityGroups": many("sg", 6)},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			a.poolWith("network_configuration", network)
			plan, err := provision.NewBootstrap(t.Context(), a.options())
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, c := range plan.Changes {
				for _, f := range c.Fields {
					if strings.HasSuffix(f.Path, "network_configuration") {
						said = f.Why
					}
				}
			}
			if said != why {
				t.Errorf("the plan says %q", said)
			}
			a.bootstrap()
			if got := a.poolSubnets(); len(got) == 0 || len(got) > 16 || slices.Contains(got, many("subnet", 1)[0]) {
				t.Errorf("the pool has %q", got)
			}
		})
	}
}

// poolWith makes the pool before bootstrap, with a default of its users'.
func (a *account) poolWith(variable string, value any) {
	a.t.Helper()
	ctx := a.t.Context()
	raw, err := a.api.WorkerTemplate(ctx, "ecs")
	if err != nil {
		a.t.Fatal(err)
	}
	var template struct {
		Job       json.RawMessage `json:"job_configuration"`
		Variables map[string]any  `json:"variables"`
	}
	if err := json.Unmarshal(raw, &template); err != nil {
		a.t.Fatal(err)
	}
	template.Variables["properties"].(map[string]any)[variable].(map[string]any)["default"] = value
	if raw, err = json.Marshal(template); err == nil {
		_, err = a.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: "etl", Type: "ecs", BaseJobTemplate: raw})
	}
	if err != nil {
		a.t.Fatal(err)
	}
}
