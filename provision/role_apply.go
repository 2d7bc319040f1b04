package provision

import (
	"context"
	"ecsctl/provision/spec"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"
)

func (r *role) apply(ctx context.Context) (string, error) {
	if r.found == nil {
		if err := r.create(ctx); err != nil {
			return "", err
		}
	}
	return r.found.arn, r.converge(ctx)
}

func (r *role) create(ctx context.Context) error {
	out, err := r.w.aws.IAM.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName:                 aws.String(r.name()),
		Path:                     notEmpty(r.w.spec.Roles.Path),
		PermissionsBoundary:      notEmpty(r.w.spec.Roles.Boundary),
		AssumeRolePolicyDocument: aws.String(r.trust()),
		Description: aws.String("Made by ecsctl for the Prefect work pool " +
			spec.PoolSlug(r.w.spec.Pool, r.w.spec.Region)),
		Tags: iamTags(r.w.wantedTags()),
	})
	var exists *types.EntityAlreadyExistsException
	if errors.As(err, &exists) {
		return r.meetOther(ctx)
	}
	if err != nil {
		return explain("create the role", err)
	}
	r.found = &foundRole{arn: *out.Role.Arn, trust: r.trust(), boundary: r.w.spec.Roles.Boundary,
		tags: r.w.wantedTags()}
	return nil
}

// notEmpty is nil for "", which AWS takes as a value.
func notEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// meetOther goes on with a role that another bootstrap made since we looked.
func (r *role) meetOther(ctx context.Context) error {
	found, err := r.read(ctx)
	if err != nil {
		return err
	}
	if found == nil {
		return errors.New("it was created and deleted by somebody else at the same time: run the command again")
	}
	r.found = found
	return r.check()
}

// converge writes what differs: the boundary first, because whoever may make roles only
// within it may change none without it; then the rest at the same time.
func (r *role) converge(ctx context.Context) error {
	if !r.owned() {
		return nil
	}
	api, name := r.w.aws.IAM, aws.String(r.name())
	if len(r.boundaryFields()) > 0 {
		_, err := api.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{
			RoleName: name, PermissionsBoundary: &r.w.spec.Roles.Boundary,
		})
		if err != nil {
			return explain("set the permissions boundary", err)
		}
	}
	if err := r.intendPolicies(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	if len(comparePolicies("", r.found.trust, r.trust())) > 0 {
		group.Go(func() error {
			_, err := api.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
				RoleName: name, PolicyDocument: aws.String(r.trust()),
			})
			return explain("set the trust policy", err)
		})
	}
	for _, policy := range r.missingPolicies() {
		group.Go(func() error {
			_, err := api.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
				RoleName: name, PolicyArn: aws.String(policy),
			})
			return explain("attach "+policy, err)
		})
	}
	for _, policy := range r.stalePolicies() {
		group.Go(func() error {
			_, err := api.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{
				RoleName: name, PolicyArn: aws.String(policy),
			})
			return explain("detach "+policy, unlessGone(err))
		})
	}
	if tags := r.w.missingTags(r.found.tags); len(tags) > 0 {
		group.Go(func() error {
			_, err := api.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: iamTags(tags)})
			return explain("tag the role", err)
		})
	}
	group.Go(func() error { return r.convergePolicy(ctx) })
	return group.Wait()
}

func (r *role) convergePolicy(ctx context.Context) error {
	name, policyName, policy := aws.String(r.name()), aws.String(r.policyName), r.policy()
	switch {
	case len(comparePolicies("", r.found.policy, policy)) == 0:
		return nil
	case policy == "":
		_, err := r.w.aws.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: policyName})
		return explain("delete the inline policy "+r.policyName, err)
	}
	_, err := r.w.aws.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: name, PolicyName: policyName, PolicyDocument: aws.String(policy),
	})
	return explain("put the inline policy "+r.policyName, err)
}
