package provision

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"
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
	policies, err := r.inlinePolicies(ctx)
	if err != nil {
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
	_, err = api.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	return explain("delete the role", unlessGone(err))
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
