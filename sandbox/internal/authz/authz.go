// Package authz says which rights a call takes, and whether its caller has them.
//
// Which action, on which resource, with which condition keys: that is the Service
// Authorization Reference of AWS, one file for each service. A call that takes several
// rights (a role to pass, tags on what is created) needs them all.
package authz

import (
	"strconv"
	"strings"
	"time"

	"ecsctl/sandbox/internal/ec2"
	"ecsctl/sandbox/internal/ecs"
	"ecsctl/sandbox/internal/events"
	"ecsctl/sandbox/internal/iam"
	"ecsctl/sandbox/internal/logs"
	"ecsctl/sandbox/internal/parameters"
	"ecsctl/sandbox/internal/policy"
	"ecsctl/sandbox/internal/s3"
	"ecsctl/sandbox/internal/secrets"
	"ecsctl/sandbox/internal/sqs"
	"ecsctl/sandbox/internal/wire"
)

// Account is whose calls are authorised, with the services that know its resources.
type Account struct {
	Partition, Region, ID string

	IAM     *iam.Service
	EC2     *ec2.Service
	ECS     *ecs.Service
	Logs    *logs.Service
	Secrets *secrets.Service
	SSM     *parameters.Service
	SQS     *sqs.Service
	Events  *events.Service
	S3      *s3.Service
}

// Call is what somebody asks a service for.
type Call struct {
	Service   string // as in ARNs
	Request   *wire.Request
	Caller    iam.Principal
	SourceIP  string
	UserAgent string
}

// rights says what calls of an operation take, by operation.
type rights map[string]func(*call) []need

// services are the rights by service. A call that is in none of them is refused, not let pass.
var services = map[string]rights{
	"ec2": ec2Rights, "ecr": ecrRights, "ecs": ecsRights, "events": eventsRights, "iam": iamRights, "logs": logsRights,
	"secretsmanager": secretsRights, "s3": s3Rights, "sqs": sqsRights, "sts": stsRights,
	"ssm":           parametersRights,
	"servicequotas": {"GetServiceQuota": anything, "GetAWSDefaultServiceQuota": anything},
}

// Authorize returns the refusal of a call, in the shape of its service, or nil.
func (a *Account) Authorize(in Call) *wire.Error {
	if in.Caller.Admin {
		return nil
	}
	c, err := a.read(in)
	if err != nil {
		return err
	}
	rule, ok := services[in.Service][in.Request.Operation]
	if !ok {
		return wire.NotImplemented("the rights that " + in.Service + ":" + in.Request.Operation + " takes")
	}
	for _, n := range rule(c) {
		if d := a.decide(c, n); !d.Allowed {
			return refusal(c, n, d)
		}
	}
	return nil
}

// decide tries the other actions that do as well, too.
func (a *Account) decide(c *call, n need) iam.Decision {
	d := a.allows(c, n, n.action)
	if d.Allowed || n.instead == "" {
		return d
	}
	if other := a.allows(c, n, n.instead); other.Allowed {
		return other
	}
	return d
}

func (a *Account) allows(c *call, n need, action string) iam.Decision {
	r := policy.Request{Action: action, Resource: n.resource, Context: policy.Context{}}
	c.describe(r.Context)
	for key, values := range n.context {
		r.Context[key] = values
	}
	return a.IAM.Decide(c.Caller, r, n.policy)
}

// describe puts into a context what every request has.
func (c *call) describe(to policy.Context) {
	now := time.Now().UTC()
	to.Set("aws:CurrentTime", now.Format(time.RFC3339))
	to.Set("aws:EpochTime", strconv.FormatInt(now.Unix(), 10))
	to.Set("aws:RequestedRegion", c.region())
	to.Set("aws:ResourceAccount", c.ID)
	to.Set("aws:SecureTransport", "true") // the sandbox stands in for HTTPS endpoints
	to.Set("aws:SourceIp", c.SourceIP)
	to.Set("aws:UserAgent", c.UserAgent)
}

// region is that of the global services for IAM.
func (c *call) region() string {
	if c.Service == "iam" {
		return globalRegion(c.Partition)
	}
	return c.Region
}

// globalRegion is where a partition has its global services.
func globalRegion(partition string) string {
	switch {
	case strings.HasSuffix(partition, "-cn"):
		return "cn-north-1"
	case strings.HasSuffix(partition, "-gov"):
		return "us-gov-west-1"
	}
	return "us-east-1"
}
