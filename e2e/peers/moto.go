//go:build e2e

package peers

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ecsctl/internal/aws/answers"
)

// AccountHeader names the account that a call to moto is for. The proxies in front
// of moto set it, so that each test has an account, and a default VPC, of its own.
const AccountHeader = "x-moto-account-id"

//go:embed moto_server.py
var motoServer string

//go:embed moto_stacks.py
var motoStacks string

// Moto stands in for AWS.
type Moto struct {
	*Process
	URL string
}

// StartMoto starts moto and waits until it answers.
func StartMoto(ctx context.Context, dir string) (*Moto, error) {
	python, err := Program(Prefect3, "python")
	if err != nil {
		return nil, err
	}
	socket, port, err := listen()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, "-c", motoStacks+"\n"+motoServer, strconv.Itoa(port))
	cmd.Dir, cmd.ExtraFiles = dir, []*os.File{socket}
	cmd.Env = []string{"PATH=" + filepath.Dir(python) + ":/usr/bin:/bin", "HOME=" + dir,
		"MOTO_IAM_LOAD_MANAGED_POLICIES=true", "MOTO_EC2_LOAD_DEFAULT_AMIS=false"}
	process, err := Start(cmd, filepath.Join(dir, fmt.Sprintf("moto-%d.log", port)))
	if err != nil {
		return nil, err
	}
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	if err := process.waitHealthy(ctx, url+"/moto-api/data.json"); err != nil {
		return nil, err
	}
	return &Moto{Process: process, URL: url}, nil
}

// Config is the configuration of SDK clients that speak to one account of moto.
func (m *Moto) Config(account, region string) aws.Config {
	cfg := aws.Config{
		APIOptions:   answers.Options(),
		Region:       region,
		BaseEndpoint: aws.String(m.URL),
		Credentials:  credentials.NewStaticCredentialsProvider("e2e", "e2e", ""),
	}
	cfg.APIOptions = append(cfg.APIOptions, smithyhttp.AddHeaderValue(AccountHeader, account))
	return cfg
}

// OpenDefaultVPC gives the default VPC of an account what it has in AWS and not in
// moto: an internet gateway and the default route to it.
func OpenDefaultVPC(ctx context.Context, client *ec2.Client) error {
	vpcs, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: filter("is-default", "true")})
	if err != nil || len(vpcs.Vpcs) != 1 {
		return fmt.Errorf("failed to find the default VPC: %w", err)
	}
	vpc := vpcs.Vpcs[0].VpcId
	gateway, err := client.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})
	if err != nil {
		return fmt.Errorf("failed to create an internet gateway: %w", err)
	}
	id := gateway.InternetGateway.InternetGatewayId
	_, err = client.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: id, VpcId: vpc})
	if err != nil && !wasAttached(err) {
		return fmt.Errorf("failed to attach the internet gateway: %w", err)
	}
	tables, err := client.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: append(filter("vpc-id", aws.ToString(vpc)), filter("association.main", "true")...),
	})
	if err != nil || len(tables.RouteTables) != 1 {
		return fmt.Errorf("failed to find the main route table: %w", err)
	}
	_, err = client.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: tables.RouteTables[0].RouteTableId, GatewayId: id, DestinationCidrBlock: aws.String("0.0.0.0/0"),
	})
	if err != nil {
		return fmt.Errorf("failed to create the default route: %w", err)
	}
	return nil
}

// wasAttached: the gateway is new, so an attempt whose answer was lost has attached it.
func wasAttached(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "Resource.AlreadyAssociated"
}

func filter(name, value string) []types.Filter {
	return []types.Filter{{Name: &name, Values: []string{value}}}
}
