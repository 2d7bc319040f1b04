package provision

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/hint"
)

func (r *role) remove() Change {
	c := Change{Kind: r.kind, Name: r.name(), ID: r.w.value(r.kind), Action: Delete}
	switch {
	case r.found == nil:
		c.Action, c.ID = None, ""
	case !r.owned():
		c.Action, c.Reason = Leave, notOurs
	}
	return c
}

// delete takes off all policies first, also those that others attached: IAM deletes
// no role that has any.
func (r *role) delete(ctx context.Context) error {
	var policies []string
	looks, lctx := errgroup.WithContext(ctx)
	looks.Go(func() (err error) { policies, err = r.inlinePolicies(lctx); return err })
	looks.Go(func() error { return r.checkUnused(lctx) })
	if err := looks.Wait(); err != nil {
		return err
	}
	api, name := r.w.aws.IAM, aws.String(r.name())
	group, gctx := errgroup.WithContext(ctx)
	for _, policy := range r.found.attached {
		group.Go(func() error {
			_, err := api.DetachRolePolicy(gctx, &iam.DetachRolePolicyInput{
				RoleName: name, PolicyArn: aws.String(policy),
			})
			return explain("detach "+policy, unlessGone(err))
		})
	}
	for _, policy := range policies {
		group.Go(func() error {
			_, err := api.DeleteRolePolicy(gctx, &iam.DeleteRolePolicyInput{
				RoleName: name, PolicyName: aws.String(policy),
			})
			return explain("delete the inline policy "+policy, unlessGone(err))
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	_, err := api.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	return explain("delete the role", unlessGone(err))
}

// checkUnused refuses a role that somebody has put into an instance profile: IAM would not delete it, and what
// uses it there would lose its rights.
func (r *role) checkUnused(ctx context.Context) error {
	var profiles []string
	pages := iam.NewListInstanceProfilesForRolePaginator(r.w.aws.IAM, &iam.ListInstanceProfilesForRoleInput{
		RoleName: aws.String(r.name()),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if unlessGone(err) != nil {
			return explain("list the instance profiles of the role", err)
		}
		if err != nil {
			return nil
		}
		for _, p := range page.InstanceProfiles {
			profiles = append(profiles, aws.ToString(p.InstanceProfileName))
		}
	}
	if len(profiles) == 0 {
		return nil
	}
	return hint.Add(fmt.Errorf("it is in the instance profile %s: EC2 instances may use it",
		strings.Join(profiles, ", ")),
		fmt.Sprintf("take it out with `aws iam remove-role-from-instance-profile --instance-profile-name %s "+
			"--role-name %s`, then run the same command again", profiles[0], r.name()))
}

func (r *role) inlinePolicies(ctx context.Context) ([]string, error) {
	var out []string
	pages := iam.NewListRolePoliciesPaginator(r.w.aws.IAM, &iam.ListRolePoliciesInput{RoleName: aws.String(r.name())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("list the inline policies", unlessGone(err))
		}
		out = append(out, page.PolicyNames...)
	}
	return out, nil
}
