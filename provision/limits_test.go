package provision_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"ecsctl/internal/hint"
	"ecsctl/provision"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// A quota that no waiting raises fails at once, with its name and AWS's words. The SDK sends some of these calls six
// times, since it takes LimitExceededException for throttling.
func TestHardQuotas(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		"ec2:CreateSecurityGroup":     `"VPC security groups per Region" is used up: The maximum number of security groups`,
		"ecr:CreateRepository":        `"Registered repositories" is used up: The operation did not succeed because`,
		"ecs:CreateCluster":           `"Clusters per account" is used up: The limit for the resource`,
		"ecs:CreateService":           `"Services per cluster" is used up: The limit for the resource`,
		"events:PutRule":              `"Number of rules" is used up: The requested resource exceeds`,
		"iam:CreateRole":              `"Roles per account" is used up: Cannot exceed quota for RolesPerAccount`,
		"logs:CreateLogGroup":         `"Log groups" is used up: Resource limit exceeded`,
		"secretsmanager:CreateSecret": `"Secrets per Region" is used up: You have exceeded the quota`,
	} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 6)
			service, operation, _ := strings.Cut(call, ":")
			a.server.AddFault(fault.Fault{Service: service, Operation: operation, Kind: fault.Limit, Times: -1})
			err := a.try(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got error %v, want one that says %s", err, want)
			}
			if hints := strings.Join(hint.Of(err), "\n"); !strings.Contains(hints, "Service Quotas") {
				t.Errorf("got hints %q", hints)
			}
			// Two roles, groups, ... are made with one call each.
			made := map[string]int{"iam:CreateRole": 4, "ecr:CreateRepository": 2}
			if got := a.calls(service, operation); got == 0 || got > max(made[call], 1) {
				t.Errorf("%s was called %d times", call, got)
			}
		})
	}
}

func (a *account) calls(service, operation string) int {
	count := 0
	for _, c := range a.server.Calls() {
		if c.Service == service && c.Operation == operation {
			count++
		}
	}
	return count
}

const (
	anything = `{"Effect": "Allow", "Action": "*", "Resource": "*"}`
	noSecret = `{"Effect": "Deny", "Action": "secretsmanager:CreateSecret", "Resource": "*"}`
	notThat  = `{"Effect": "Allow", "NotAction": "secretsmanager:CreateSecret", "Resource": "*"}`
)

func policyWith(statements ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + `]}`
}

// limitCase has a kind of policy forbid what all others allow.
type limitCase struct {
	organization string // a service control policy
	limit        func(s *somebody)
	hint         string
}

var limitCases = map[string]limitCase{
	"denied by the organization": {organization: policyWith(anything, noSecret),
		hint: "a service control policy of your organization forbids secretsmanager:CreateSecret"},
	"not allowed by the organization": {organization: policyWith(notThat),
		hint: "a service control policy of your organization forbids secretsmanager:CreateSecret"},
	"denied by the boundary": {limit: boundedBy(anything, noSecret),
		hint: "the permissions boundary of the caller"},
	"not allowed by the boundary": {limit: boundedBy(notThat), hint: "the permissions boundary of the caller"},
	"denied by the session": {limit: inSession(anything, noSecret),
		hint: "the session policy of these credentials"},
	"not allowed by the session": {limit: inSession(notThat), hint: "the session policy of these credentials"},
	"denied by an own policy": {limit: func(s *somebody) {
		_, err := s.source.IAM.PutUserPolicy(s.t.Context(), &iam.PutUserPolicyInput{UserName: &s.name,
			PolicyName: aws.String("no"), PolicyDocument: aws.String(policyWith(noSecret))})
		s.must(err)
	}, hint: "a policy of the caller's denies secretsmanager:CreateSecret explicitly"},
}

func (s *somebody) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func boundedBy(statements ...string) func(*somebody) {
	return func(s *somebody) {
		ctx := s.t.Context()
		made, err := s.source.IAM.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("limit"),
			PolicyDocument: aws.String(policyWith(statements...))})
		s.must(err)
		_, err = iam.NewFromConfig(s.all).PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{
			UserName: &s.name, PermissionsBoundary: made.Policy.Arn})
		s.must(err)
	}
}

func inSession(statements ...string) func(*somebody) {
	return func(s *somebody) {
		ctx, admin := s.t.Context(), iam.NewFromConfig(s.all)
		trust := policyWith(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}`)
		role, err := admin.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("deployer"),
			AssumeRolePolicyDocument: &trust})
		s.must(err)
		_, err = admin.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("deployer"),
			PolicyName: aws.String("all"), PolicyDocument: aws.String(policyWith(anything))})
		s.must(err)
		session, err := sts.NewFromConfig(s.all).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: role.Role.Arn,
			RoleSessionName: aws.String("ci"), Policy: aws.String(policyWith(statements...))})
		s.must(err)
		got := session.Credentials
		s.cfg.Credentials = credentials.NewStaticCredentialsProvider(*got.AccessKeyId, *got.SecretAccessKey,
			*got.SessionToken)
	}
}

// Which kind of policy forbids something is told, and no statement of ours is named for it.
func TestPoliciesThatLimit(t *testing.T) {
	t.Parallel()
	for name, test := range limitCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := enforcedIn(t, sandbox.Options{ServiceControlPolicy: test.organization})
			s.may(s.policyOf(provision.PolicyBootstrap))
			if test.limit != nil {
				test.limit(s)
			}
			err := s.try(t.Context())
			if err == nil {
				t.Fatal("bootstrap did what is forbidden")
			}
			hints := strings.Join(hint.Of(err), "\n")
			if !strings.Contains(hints, test.hint) || strings.Contains(hints, "is allowed by the statement") {
				t.Errorf("got error %v, hints %q; want %q", err, hints, test.hint)
			}
		})
	}
}

// What a tag policy of the organization refuses is told with the tag, and that --tag decides; no policy of ours does.
func TestTagPolicy(t *testing.T) {
	t.Parallel()
	for service, operation := range map[string]string{
		"ec2": "CreateSecurityGroup", "ecs": "CreateCluster", "iam": "CreateRole", "logs": "CreateLogGroup",
		"secretsmanager": "CreateSecret", "events": "PutRule", "sqs": "CreateQueue", "ecr": "CreateRepository",
	} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 1)
			a.spec.Tags = map[string]string{"team": "Data"}
			a.server.AddFault(fault.Fault{Service: service, Kind: fault.TagPolicy, Tag: "team", Times: -1})
			err := a.try(t.Context())
			want := "AWS refused " + service + ":" + operation + ": The tag policy does not allow the specified " +
				"value for the following tag key: 'team'."
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got error %v, want %s", err, want)
			}
			if hints := strings.Join(hint.Of(err), "\n"); !strings.Contains(hints, "--tag") {
				t.Errorf("got hints %q", hints)
			}
			a.server.ClearFaults()
			a.bootstrap()
		})
	}
}

// Credentials that are valid elsewhere are not doubted: the region is not enabled.
func TestRegionNotEnabled(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{NotEnabled: true}, 1)
	err := a.try(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the region eu-west-1 is not enabled in account 123456789012") ||
		!strings.Contains(strings.Join(hint.Of(err), "\n"), "aws account enable-region --region-name eu-west-1") {
		t.Errorf("got error %v, hints %q", err, hint.Of(err))
	}
	a.cfg.Credentials = credentials.NewStaticCredentialsProvider("AKIAWRONG", "wrong", "")
	if err := a.try(t.Context()); err == nil || !strings.Contains(err.Error(), "AWS does not accept the credentials") {
		t.Errorf("got error %v of wrong credentials", err)
	}
}
