package sandbox_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// Service Quotas tells the quotas that hold.
func TestServiceQuotas(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	quotas := servicequotas.New(servicequotas.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(c.server.URL()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("SANDBOX", c.server.SecretAccessKey(), ""),
	})
	value := func(code string) float64 {
		t.Helper()
		return *must(quotas.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{
			ServiceCode: aws.String("fargate"), QuotaCode: &code,
		}))(t).Quota.Value
	}
	if got := value("L-3032A538"); got < 1000 {
		t.Errorf("got %v vCPUs without a quota", got)
	}
	c.server.AddQuota(fault.Quota{Service: "fargate", Operation: "vcpu", Burst: 6})
	if got, spot := value("L-3032A538"), value("L-36FBB829"); got != 6 || spot < 1000 {
		t.Errorf("got %v vCPUs, %v on Spot", got, spot)
	}
	initial := must(quotas.GetAWSDefaultServiceQuota(t.Context(), &servicequotas.GetAWSDefaultServiceQuotaInput{
		ServiceCode: aws.String("fargate"), QuotaCode: aws.String("L-3032A538"),
	}))(t)
	if *initial.Quota.Value != 6 {
		t.Errorf("got a default of %v vCPUs", *initial.Quota.Value)
	}
	_, err := quotas.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{
		ServiceCode: aws.String("ec2"), QuotaCode: aws.String("L-1216C47A"),
	})
	wantCode(t, err, "SandboxNotImplemented")
}

func TestVpcEndpoints(t *testing.T) {
	t.Parallel()
	c := contract(t)
	vpc := c.defaultVPC(t)
	subnet := c.subnets(t, vpc)[0].SubnetId
	made := must(c.ec2.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: vpc, ServiceName: aws.String("com.amazonaws.us-east-1.ecr.api"),
		VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: []string{*subnet},
	}))(t).VpcEndpoint
	ids := []string{*made.VpcEndpointId}
	found := must(c.ec2.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: ids}))(
		t).VpcEndpoints
	if len(found) != 1 || *found[0].ServiceName != *made.ServiceName || *found[0].VpcId != *vpc ||
		!strings.EqualFold(string(found[0].State), "available") {
		t.Errorf("got %+v", found)
	}
	if gone := must(c.ec2.DeleteVpcEndpoints(t.Context(), &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: ids}))(
		t).Unsuccessful; len(gone) != 0 {
		t.Errorf("not deleted: %+v", gone)
	}
}
