// Package parameters keeps parameters as the Parameter Store of AWS Systems Manager does.
package parameters

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"ecsctl/sandbox/internal/clock"
	"ecsctl/sandbox/internal/wire"
)

// Service is the Parameter Store in one region.
type Service struct {
	*wire.JSON
	mu         sync.Mutex
	clock      *clock.Clock
	region     string
	prefix     string // of each parameter's ARN
	parameters map[string]*parameter
}

type parameter struct {
	api types.Parameter
	key string // the KMS key of a SecureString; "" is AWS's own
}

// New makes a region without parameters.
func New(partition, region, account string, clock *clock.Clock) *Service {
	s := &Service{clock: clock, region: region, parameters: map[string]*parameter{},
		prefix: fmt.Sprintf("arn:%s:ssm:%s:%s:parameter", partition, region, account)}
	s.JSON = wire.NewJSON(&s.mu, "message")
	wire.HandleJSON(s.JSON, "PutParameter", schemas.PutParameterRequest, schemas.PutParameterResult,
		"Name! Value! Type Description KeyId Overwrite", s.put)
	wire.HandleJSON(s.JSON, "GetParameter", schemas.GetParameterRequest, schemas.GetParameterResult,
		"Name! WithDecryption", s.get)
	wire.HandleJSON(s.JSON, "DeleteParameter", schemas.DeleteParameterRequest, schemas.DeleteParameterResult,
		"Name!", s.delete)
	return s
}

func (s *Service) put(_ context.Context, in *api.PutParameterInput) (*api.PutParameterOutput, error) {
	name := strings.TrimPrefix(*in.Name, s.prefix)
	have := s.parameters[name]
	switch {
	case have != nil && !aws.ToBool(in.Overwrite):
		return nil, wire.Errorf("ParameterAlreadyExists",
			"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	case have == nil && in.Type == "":
		return nil, wire.Errorf("ValidationException",
			"A parameter type is required when you create a parameter.")
	case in.KeyId != nil && in.Type != types.ParameterTypeSecureString:
		return nil, wire.Errorf("ValidationException", "KeyId is required for SecureString type parameter only.")
	}
	now := s.clock.Now()
	p := &parameter{key: aws.ToString(in.KeyId), api: types.Parameter{
		Name: &name, ARN: aws.String(s.arn(name)), Type: in.Type, Value: in.Value, Version: 1,
		DataType: aws.String("text"), LastModifiedDate: &now,
	}}
	if have != nil {
		p.api.Version = have.api.Version + 1
		if in.Type == "" {
			p.api.Type, p.key = have.api.Type, have.key
		}
	}
	s.parameters[name] = p
	return &api.PutParameterOutput{Tier: types.ParameterTierStandard, Version: p.api.Version}, nil
}

// arn has a slash before the name, whether or not that begins with one.
func (s *Service) arn(name string) string { return s.prefix + "/" + strings.TrimPrefix(name, "/") }

func (s *Service) find(id string) *parameter {
	for name, p := range s.parameters {
		if name == id || *p.api.ARN == id {
			return p
		}
	}
	return nil
}

func (s *Service) get(_ context.Context, in *api.GetParameterInput) (*api.GetParameterOutput, error) {
	p := s.find(*in.Name)
	if p == nil {
		return nil, wire.Errorf("ParameterNotFound", "")
	}
	if p.secure() && !aws.ToBool(in.WithDecryption) {
		return nil, wire.NotImplemented("a SecureString without WithDecryption")
	}
	out := p.api
	return &api.GetParameterOutput{Parameter: &out}, nil
}

func (p *parameter) secure() bool { return p.api.Type == types.ParameterTypeSecureString }

func (s *Service) delete(_ context.Context, in *api.DeleteParameterInput) (*api.DeleteParameterOutput, error) {
	p := s.find(*in.Name)
	if p == nil {
		return nil, wire.Errorf("ParameterNotFound", "")
	}
	delete(s.parameters, *p.api.Name)
	return &api.DeleteParameterOutput{}, nil
}

// Value is what a task gets for a parameter, by ARN or by name.
func (s *Service) Value(id string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.find(id); p != nil {
		return *p.api.Value, true
	}
	return "", false
}

// Facts are the ARN of a parameter, there or not, and the customer's key that it is encrypted with.
func (s *Service) Facts(id string) (arn, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.find(id); p != nil {
		return *p.api.ARN, p.key
	}
	if strings.HasPrefix(id, "arn:") {
		return id, ""
	}
	return s.arn(id), ""
}
