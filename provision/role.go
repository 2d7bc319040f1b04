package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// role is an IAM role for ECS with AWS managed policies and one inline policy.
type role struct {
	w       *world
	kind    Kind
	nameARN string // a name, or the ARN of a role to adopt
	managed []string
	trusted string // the service that takes it; "" is that of ECS tasks
	// policyName and policy are the inline policy; policy "" means none.
	policyName string
	policy     func() string
	// mustAllow says what a role that is adopted must be able to do.
	mustAllow string

	// unchosen: the pool remembers that there is none, so that nobody need be allowed to look for it.
	unchosen bool

	found *foundRole // nil: there is none
	lacks *shortfall // of an adopted one; nil when nobody has asked
}

type foundRole struct {
	arn, trust, policy string
	boundary           string // ARN, "" for none
	attached           []string
	tags               map[string]string
}

func (r *role) ref() (Kind, string) { return r.kind, shortName(r.nameARN) }
func (r *role) needs() []Kind       { return nil }
func (r *role) name() string        { return shortName(r.nameARN) }

func (r *role) find(ctx context.Context) error {
	found, err := r.read(ctx)
	if r.unchosen && awserr.Denied(err) {
		found, err = nil, nil
	}
	if err != nil {
		return err
	}
	r.found = found
	r.w.setValue(r.kind, r.wantedARN())
	if found == nil {
		return nil
	}
	r.w.setValue(r.kind, found.arn)
	return nil
}

// wantedARN is the ARN that the role has or will have.
func (r *role) wantedARN() string {
	if spec.IsARN(r.nameARN) {
		return r.nameARN
	}
	return r.w.id.roleARN(strings.TrimPrefix(r.w.spec.Roles.Path, "/") + r.nameARN)
}

// check refuses a role that somebody else made when ECS tasks cannot take it, and one of
// ours in another path, which IAM cannot change.
func (r *role) check() error {
	if r.found == nil && spec.IsARN(r.nameARN) {
		return fmt.Errorf("%s %q does not exist", r.kind, r.nameARN)
	}
	if r.found != nil && spec.IsARN(r.nameARN) && r.found.arn != r.nameARN {
		return hint.Add(fmt.Errorf("%s %q is not the ARN of the role %s, which is %s", r.kind, r.nameARN, r.name(),
			r.found.arn), fmt.Sprintf("name it with its path: --%s %s", r.kind, r.found.arn))
	}
	if r.owned() && r.w.spec.Roles.Path != "" && r.found.arn != r.wantedARN() {
		return hint.Add(fmt.Errorf("%s %q is in another path than %s: its ARN is %s", r.kind, r.name(),
			r.w.spec.Roles.Path, r.found.arn),
			fmt.Sprintf("IAM cannot move a role: leave --role-path as it was, or run ecsctl teardown first, or name "+
				"another role with --%s", r.kind))
	}
	if r.found == nil || r.owned() || letsAssume(r.found.trust, r.trustee()) {
		return nil
	}
	return hint.Add(fmt.Errorf("%s %q exists, was not made by ecsctl, and its trust policy does not let "+
		"%s assume it", r.kind, r.name(), r.trustee()),
		fmt.Sprintf("name another role with --%s, or add %s to its trust policy", r.kind, r.trustee()))
}

// trustee is the service that takes the role.
func (r *role) trustee() string { return cmp.Or(r.trusted, ecsTasks) }

func (r *role) owned() bool {
	return r.found != nil && !spec.IsARN(r.nameARN) && r.w.owns(r.found.tags)
}

// read looks up the role, and then its policies at the same time; no role is nil.
func (r *role) read(ctx context.Context) (*foundRole, error) {
	var out foundRole
	err := r.readRole(ctx, &out)
	if err == nil {
		group, gctx := errgroup.WithContext(ctx)
		group.Go(func() error { return r.readAttached(gctx, &out) })
		group.Go(func() error { return r.readPolicy(gctx, &out) })
		err = group.Wait()
	}
	var missing *types.NoSuchEntityException
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(fmt.Sprintf("read %s %q", r.kind, r.name()), err)
	}
	return &out, nil
}

func (r *role) readRole(ctx context.Context, out *foundRole) error {
	got, err := r.w.aws.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(r.name())})
	if err != nil {
		return err
	}
	out.arn = *got.Role.Arn
	out.trust = aws.ToString(got.Role.AssumeRolePolicyDocument)
	if boundary := got.Role.PermissionsBoundary; boundary != nil {
		out.boundary = aws.ToString(boundary.PermissionsBoundaryArn)
	}
	out.tags = TagMap(got.Role.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
	return nil
}

func (r *role) readAttached(ctx context.Context, out *foundRole) error {
	pages := iam.NewListAttachedRolePoliciesPaginator(r.w.aws.IAM,
		&iam.ListAttachedRolePoliciesInput{RoleName: aws.String(r.name())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, p := range page.AttachedPolicies {
			out.attached = append(out.attached, *p.PolicyArn)
		}
	}
	return nil
}

func (r *role) readPolicy(ctx context.Context, out *foundRole) error {
	got, err := r.w.aws.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{
		RoleName: aws.String(r.name()), PolicyName: aws.String(r.policyName),
	})
	var missing *types.NoSuchEntityException
	if errors.As(err, &missing) {
		return nil // no such policy; whether the role is there, GetRole tells
	}
	if err != nil {
		return err
	}
	out.policy = *got.PolicyDocument
	return nil
}

func (r *role) diff() Change {
	c := Change{Kind: r.kind, Name: r.name(), ID: r.w.value(r.kind)}
	switch {
	case r.found == nil:
		c.Action, c.ID = Create, ""
	case !r.owned():
		c.Action, c.Reason = Adopt, "not made by ecsctl: used as is"
		if r.mustAllow != "" {
			c.Reason += "; it must allow " + r.mustAllow
		}
	default:
		c.Fields = slices.Concat(comparePolicies("trustPolicy", r.found.trust, r.trust()), r.boundaryFields(),
			r.policyFields(), r.w.tagFields(r.found.tags))
		c.Action = updateIf(c.Fields)
	}
	return c
}

// boundaryFields leaves a boundary alone that the Spec does not name: those who made it
// had their reasons.
func (r *role) boundaryFields() []Field {
	wanted := r.w.spec.Roles.Boundary
	if wanted == "" {
		return nil
	}
	return compare("permissionsBoundary", r.found.boundary, wanted)
}

func (r *role) policyFields() []Field {
	var out []Field
	for _, policy := range r.missingPolicies() {
		out = append(out, Field{Path: "managedPolicies", After: policy})
	}
	for _, policy := range r.stalePolicies() {
		out = append(out, Field{Path: "managedPolicies", Before: policy})
	}
	return append(out, comparePolicies("policy."+r.policyName, r.found.policy, r.policy())...)
}

func (r *role) missingPolicies() []string {
	return slices.DeleteFunc(slices.Clone(r.managed), func(p string) bool {
		return slices.Contains(r.found.attached, p)
	})
}

func iamTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })
}

func updateIf(fields []Field) Action {
	if len(fields) > 0 {
		return Update
	}
	return None
}

func trustPolicy(service string) string {
	return templates.Policy(templates.TrustPolicy, map[string]any{"Service": service})
}

func (r *role) trust() string { return trustPolicy(r.trustee()) }

// notOurs is why teardown leaves something alone.
const notOurs = "not made by ecsctl for this pool"

// unlessGone drops the errors by which AWS says that something is not there any more.
func unlessGone(err error) error {
	if awserr.HasCode(err, "NoSuchEntity", "ResourceNotFoundException", "InvalidGroup.NotFound",
		"ClusterNotFoundException", "ServiceNotFoundException", "RepositoryNotFoundException") {
		return nil
	}
	return err
}
