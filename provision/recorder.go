package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Call is a call of AWS's API that a bootstrap makes.
type Call struct {
	Service   string // the SDK's id, such as "ECS"
	Operation string
	// Input is the SDK's struct.
	Input any
	// Body is the input as it goes over the wire, where that is JSON; nil otherwise.
	Body map[string]any
}

// recorder writes down the calls that resources make instead of sending them. It answers each as AWS does where there
// is nothing yet, with a Token for every id that AWS picks.
type recorder struct {
	mu    sync.Mutex
	kind  Kind // whose calls they are
	calls []Call
}

// clients reach nothing but the recorder.
func (r *recorder) clients(region string) *Clients {
	return ClientsFor(aws.Config{
		Region: region, Credentials: aws.AnonymousCredentials{},
		APIOptions: []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
			return stack.Serialize.Add(middleware.SerializeMiddlewareFunc("ecsctlRecord", r.take), middleware.After)
		}},
	}, nil)
}

// take stands behind what writes the request, and hands nothing on.
func (r *recorder) take(ctx context.Context, in middleware.SerializeInput, _ middleware.SerializeHandler) (
	out middleware.SerializeOutput, metadata middleware.Metadata, err error,
) {
	switch in.Parameters.(type) {
	case *s3.GetBucketTaggingInput:
		return out, metadata, &smithy.GenericAPIError{Code: "NoSuchBucket"} // the bucket is looked at once more
	case *ecs.DescribeCapacityProvidersInput:
		out.Result = r.providers() // it is looked at once it is made
		return out, metadata, nil
	}
	call := Call{
		Service: middleware.GetServiceID(ctx), Operation: middleware.GetOperationName(ctx), Input: in.Parameters,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if out.Result, err = r.answer(in.Parameters); err != nil {
		return out, metadata, err
	}
	call.Body, err = jsonBody(in.Request)
	r.calls = append(r.calls, call)
	return out, metadata, err
}

func jsonBody(request any) (map[string]any, error) {
	req, ok := request.(*smithyhttp.Request)
	if !ok || !strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-amz-json") {
		return nil, nil
	}
	raw, err := io.ReadAll(req.GetStream())
	if err != nil {
		return nil, err
	}
	var body map[string]any
	return body, json.Unmarshal(raw, &body)
}

// Attributes of Tokens, in CloudFormation's words.
const (
	TokenID    = "Id"
	TokenARN   = "Arn"
	TokenURI   = "RepositoryUri"
	TokenValue = "Value" // of a secret
)

// Token stands for what is known only once something is made. It needs no quoting in JSON.
func Token(kind Kind, attribute string) string {
	return "{{ecsctl:" + string(kind) + ":" + attribute + "}}"
}

// answer is what AWS says to a call. One that it does not know is an error, so that no resource can be made that is
// left out of what is recorded.
func (r *recorder) answer(input any) (any, error) {
	id, arn := aws.String(Token(r.kind, TokenID)), aws.String(Token(r.kind, TokenARN))
	switch input.(type) {
	case *ec2.CreateSecurityGroupInput:
		return &ec2.CreateSecurityGroupOutput{GroupId: id}, nil
	case *ecs.CreateClusterInput:
		return &ecs.CreateClusterOutput{Cluster: &ecstypes.Cluster{ClusterArn: arn}}, nil
	case *ecs.RegisterTaskDefinitionInput:
		return &ecs.RegisterTaskDefinitionOutput{
			TaskDefinition: &ecstypes.TaskDefinition{TaskDefinitionArn: arn, Revision: 1}}, nil
	case *ecs.CreateServiceInput:
		return &ecs.CreateServiceOutput{Service: &ecstypes.Service{ServiceArn: arn}}, nil
	case *iam.CreateInstanceProfileInput:
		return &iam.CreateInstanceProfileOutput{InstanceProfile: &iamtypes.InstanceProfile{Arn: arn}}, nil
	case *iam.CreateRoleInput:
		return &iam.CreateRoleOutput{Role: &iamtypes.Role{Arn: arn}}, nil
	case *ecr.CreateRepositoryInput:
		return &ecr.CreateRepositoryOutput{Repository: &ecrtypes.Repository{
			RepositoryArn: arn, RepositoryUri: aws.String(Token(r.kind, TokenURI))}}, nil
	case *secretsmanager.CreateSecretInput:
		return &secretsmanager.CreateSecretOutput{ARN: arn}, nil
	case *sqs.CreateQueueInput:
		return &sqs.CreateQueueOutput{QueueUrl: id}, nil
	}
	return plainAnswer(input)
}

// plainAnswer is to calls whose answers nobody reads.
func plainAnswer(input any) (any, error) {
	switch input.(type) {
	case *ecs.CreateCapacityProviderInput:
		return &ecs.CreateCapacityProviderOutput{}, nil
	case *iam.AddRoleToInstanceProfileInput:
		return &iam.AddRoleToInstanceProfileOutput{}, nil
	case *iam.AttachRolePolicyInput:
		return &iam.AttachRolePolicyOutput{}, nil
	case *iam.PutRolePolicyInput:
		return &iam.PutRolePolicyOutput{}, nil
	case *cloudwatchlogs.CreateLogGroupInput:
		return &cloudwatchlogs.CreateLogGroupOutput{}, nil
	case *cloudwatchlogs.PutRetentionPolicyInput:
		return &cloudwatchlogs.PutRetentionPolicyOutput{}, nil
	case *ecr.PutLifecyclePolicyInput:
		return &ecr.PutLifecyclePolicyOutput{}, nil
	case *eventbridge.PutRuleInput:
		return &eventbridge.PutRuleOutput{}, nil
	case *eventbridge.PutTargetsInput:
		return &eventbridge.PutTargetsOutput{}, nil
	case *s3.CreateBucketInput:
		return &s3.CreateBucketOutput{}, nil
	case *s3.PutPublicAccessBlockInput:
		return &s3.PutPublicAccessBlockOutput{}, nil
	case *s3.PutBucketEncryptionInput:
		return &s3.PutBucketEncryptionOutput{}, nil
	case *s3.PutBucketLifecycleConfigurationInput:
		return &s3.PutBucketLifecycleConfigurationOutput{}, nil
	case *s3.PutBucketPolicyInput:
		return &s3.PutBucketPolicyOutput{}, nil
	}
	return nil, fmt.Errorf("export does not know the call %T", input)
}

// providers are the capacity providers of Managed Instances that were made.
func (r *recorder) providers() *ecs.DescribeCapacityProvidersOutput {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &ecs.DescribeCapacityProvidersOutput{}
	for _, call := range r.calls {
		in, ok := call.Input.(*ecs.CreateCapacityProviderInput)
		if !ok {
			continue
		}
		out.CapacityProviders = append(out.CapacityProviders, ecstypes.CapacityProvider{
			Name: in.Name, CapacityProviderArn: aws.String(Token(r.kind, TokenARN)), Tags: in.Tags,
			Status: ecstypes.CapacityProviderStatusActive,
			ManagedInstancesProvider: &ecstypes.ManagedInstancesProvider{
				InfrastructureRoleArn:  in.ManagedInstancesProvider.InfrastructureRoleArn,
				InstanceLaunchTemplate: in.ManagedInstancesProvider.InstanceLaunchTemplate,
				PropagateTags:          in.ManagedInstancesProvider.PropagateTags,
			},
		})
	}
	return out
}

// of runs what makes one resource and returns its calls: the first as it came, the rest, of which some are made at the
// same time, in an order of their own.
func (r *recorder) of(kind Kind, apply func() error) ([]Call, error) {
	r.kind, r.calls = kind, nil
	if err := apply(); err != nil {
		return nil, err
	}
	calls := r.calls
	if len(calls) > 1 {
		slices.SortStableFunc(calls[1:], func(a, b Call) int {
			return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(inputText(a), inputText(b)))
		})
	}
	return calls, nil
}

func inputText(c Call) string {
	raw, err := json.Marshal(c.Input)
	if err != nil {
		panic(fmt.Sprintf("the input of %s has no JSON form: %v", c.Operation, err)) // a programming error
	}
	return string(raw)
}
