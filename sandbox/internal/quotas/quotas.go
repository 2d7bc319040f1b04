// Package quotas answers for the quotas of Fargate as Service Quotas does.
package quotas

import (
	"context"
	"math"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/schemas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"ecsctl/sandbox/internal/wire"
)

// Codes of the quotas, as AWS has them.
const (
	service  = "fargate"
	onDemand = "L-3032A538" // Fargate On-Demand vCPU resource count
	spot     = "L-36FBB829" // Fargate Spot vCPU resource count
)

const (
	// usual is what a new account has (the quotas' default in AWS).
	usual = 6
	// plenty stands for no limit, which AWS never gives: the sandbox has none until a
	// quota is added.
	plenty = 100_000
)

// Service is Service Quotas in one region, as far as Fargate's vCPUs go.
type Service struct {
	*wire.JSON
	mu     sync.Mutex
	prefix string
	limit  func(spot bool) float64
}

// New makes the service. limit is the number of vCPUs that may run; it may be infinite.
func New(partition, region, account string, limit func(spot bool) float64) *Service {
	s := &Service{prefix: "arn:" + partition + ":servicequotas:" + region + ":" + account + ":" + service + "/",
		limit: limit}
	s.JSON = wire.NewJSON(&s.mu, "Message")
	wire.HandleJSON(s.JSON, "GetServiceQuota", schemas.GetServiceQuotaRequest, schemas.GetServiceQuotaResponse,
		"ServiceCode! QuotaCode!", s.getQuota)
	wire.HandleJSON(s.JSON, "GetAWSDefaultServiceQuota", schemas.GetAWSDefaultServiceQuotaRequest,
		schemas.GetAWSDefaultServiceQuotaResponse, "ServiceCode! QuotaCode!", s.getDefault)
	return s
}

func (s *Service) getQuota(_ context.Context, in *api.GetServiceQuotaInput) (*api.GetServiceQuotaOutput, error) {
	q, err := s.quota(*in.ServiceCode, *in.QuotaCode)
	if err != nil {
		return nil, err
	}
	value := s.limit(*in.QuotaCode == spot)
	if math.IsInf(value, 1) {
		value = plenty
	}
	q.Value = &value
	return &api.GetServiceQuotaOutput{Quota: q}, nil
}

func (s *Service) getDefault(_ context.Context,
	in *api.GetAWSDefaultServiceQuotaInput) (*api.GetAWSDefaultServiceQuotaOutput, error) {
	q, err := s.quota(*in.ServiceCode, *in.QuotaCode)
	if err != nil {
		return nil, err
	}
	q.Value = aws.Float64(usual)
	return &api.GetAWSDefaultServiceQuotaOutput{Quota: q}, nil
}

func (s *Service) quota(serviceCode, code string) (*types.ServiceQuota, error) {
	names := map[string]string{
		onDemand: "Fargate On-Demand vCPU resource count", spot: "Fargate Spot vCPU resource count",
	}
	if serviceCode != service || names[code] == "" {
		return nil, wire.NotImplemented("the quota " + code + " of the service " + serviceCode)
	}
	return &types.ServiceQuota{
		ServiceCode: aws.String(service), ServiceName: aws.String("AWS Fargate"), QuotaCode: &code,
		QuotaName: aws.String(names[code]),
		QuotaArn:  aws.String(s.prefix + code), Unit: aws.String("None"), Adjustable: true,
		QuotaAppliedAtLevel: types.AppliedLevelEnumAccount,
	}, nil
}
