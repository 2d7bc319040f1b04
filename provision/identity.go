package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/internal/onelook"
	"ecsctl/provision/spec"
)

// Identity says where a run works and as whom. The partition is part of it, so
// that ARNs come out right in AWS GovCloud and China too.
type Identity struct {
	Account   string
	Partition string
	Region    string
	Caller    string // ARN of the principal
}

// ErrNoRegion is the error when neither the user nor the AWS configuration names a region.
var ErrNoRegion = hint.Add(errors.New("no AWS region given"), "name it with --region, AWS_REGION or in the AWS profile")

// WhoAmI asks AWS STS whose credentials these are. Missing and expired credentials
// are errors with hints. The answer is remembered: clients have one identity.
func WhoAmI(ctx context.Context, c *Clients) (Identity, error) {
	if c.identity == nil {
		return askWhoAmI(ctx, c)
	}
	if known := c.identity.get(); known != (Identity{}) {
		return known, nil
	}
	id, err := askWhoAmI(ctx, c) // with nothing locked: others have limits of their own
	if err == nil {
		c.identity.set(id)
	}
	return id, err
}

func (m *memory) get() Identity {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known
}

func (m *memory) set(id Identity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = id
}

func askWhoAmI(ctx context.Context, c *Clients) (Identity, error) {
	out, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, notEnabled(ctx, c, explainAs("cannot tell which AWS account this is", err))
	}
	caller, err := arn.Parse(*out.Arn)
	if err != nil {
		return Identity{}, fmt.Errorf("failed to parse the caller's ARN %q: %w", *out.Arn, err)
	}
	return Identity{Account: caller.AccountID, Partition: caller.Partition, Region: c.Region, Caller: caller.String()},
		nil
}

// alwaysEnabled are the regions, by the beginning of others, that every account of their partition has.
func alwaysEnabled(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "cn-north-1"
	case strings.HasPrefix(region, "us-gov-"):
		return "us-gov-west-1"
	}
	return "us-east-1"
}

// notEnabled finds out whether credentials are invalid only because the account has not enabled the region, in which
// none are valid: then they are elsewhere.
func notEnabled(ctx context.Context, c *Clients, err error) error {
	elsewhere := alwaysEnabled(c.Region)
	if c.Region == elsewhere || !awserr.HasCode(err, "InvalidClientTokenId", "UnrecognizedClientException",
		"AuthFailure", "OptInRequired") {
		return err
	}
	who, other := c.STS.GetCallerIdentity(onelook.Anew(ctx), &sts.GetCallerIdentityInput{},
		func(o *sts.Options) { o.Region = elsewhere })
	if other != nil {
		return err
	}
	return hint.Add(fmt.Errorf("the region %s is not enabled in account %s: the credentials are valid in %s and not "+
		"there", c.Region, aws.ToString(who.Account), elsewhere),
		"enable it, which takes minutes to hours: aws account enable-region --region-name "+c.Region,
		"name another region with --region or AWS_REGION")
}

// arn is the ARN of something in the account and region at hand.
func (i Identity) arn(service, resource string) string {
	return arn.ARN{Partition: i.Partition, Service: service, Region: i.Region, AccountID: i.Account,
		Resource: resource}.String()
}

// roleARN is the ARN of a role by its name; an ARN stays as it is.
func (i Identity) roleARN(nameOrARN string) string {
	if spec.IsARN(nameOrARN) {
		return nameOrARN
	}
	return i.iamARN("role/" + nameOrARN)
}

// iamARN is the ARN of something in the account's IAM, which has no region.
func (i Identity) iamARN(resource string) string {
	return arn.ARN{Partition: i.Partition, Service: "iam", AccountID: i.Account, Resource: resource}.String()
}

// managedPolicyARN is the ARN of a policy that AWS keeps.
func (i Identity) managedPolicyARN(path string) string {
	return arn.ARN{Partition: i.Partition, Service: "iam", AccountID: "aws", Resource: "policy/" + path}.String()
}

// clusterARN is the ARN of a cluster by its name; an ARN stays as it is.
func (i Identity) clusterARN(nameOrARN string) string {
	if spec.IsARN(nameOrARN) {
		return nameOrARN
	}
	return i.arn("ecs", "cluster/"+nameOrARN)
}

// shortName is the last part of an ARN such as that of a role or a cluster.
func shortName(nameOrARN string) string {
	return nameOrARN[strings.LastIndex(nameOrARN, "/")+1:]
}
