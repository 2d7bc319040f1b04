package iamcalls

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// AttachRolePolicy is the SDK's.
func (c *Client) AttachRolePolicy(ctx context.Context, in *iam.AttachRolePolicyInput, options ...func(*iam.Options)) (*iam.AttachRolePolicyOutput, error) {
	return c.attachRolePolicy(ctx, in, options...)
}

// CreateRole is the SDK's.
func (c *Client) CreateRole(ctx context.Context, in *iam.CreateRoleInput, options ...func(*iam.Options)) (*iam.CreateRoleOutput, error) {
	return c.createRole(ctx, in, options...)
}

// DeleteRole is the SDK's.
func (c *Client) DeleteRole(ctx context.Context, in *iam.DeleteRoleInput, options ...func(*iam.Options)) (*iam.DeleteRoleOutput, error) {
	return c.deleteRole(ctx, in, options...)
}

// DeleteRolePermissionsBoundary is the SDK's.
func (c *Client) DeleteRolePermissionsBoundary(ctx context.Context, in *iam.DeleteRolePermissionsBoundaryInput, options ...func(*iam.Options)) (*iam.DeleteRolePermissionsBoundaryOutput, error) {
	return c.deleteRolePermissionsBoundary(ctx, in, options...)
}

// DeleteRolePolicy is the SDK's.
func (c *Client) DeleteRolePolicy(ctx context.Context, in *iam.DeleteRolePolicyInput, options ...func(*iam.Options)) (*iam.DeleteRolePolicyOutput, error) {
	return c.deleteRolePolicy(ctx, in, options...)
}

// DetachRolePolicy is the SDK's.
func (c *Client) DetachRolePolicy(ctx context.Context, in *iam.DetachRolePolicyInput, options ...func(*iam.Options)) (*iam.DetachRolePolicyOutput, error) {
	return c.detachRolePolicy(ctx, in, options...)
}

// GetRole is the SDK's.
func (c *Client) GetRole(ctx context.Context, in *iam.GetRoleInput, options ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	return c.getRole(ctx, in, options...)
}

// GetRolePolicy is the SDK's.
func (c *Client) GetRolePolicy(ctx context.Context, in *iam.GetRolePolicyInput, options ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error) {
	return c.getRolePolicy(ctx, in, options...)
}

// ListAccountAliases is the SDK's.
func (c *Client) ListAccountAliases(ctx context.Context, in *iam.ListAccountAliasesInput, options ...func(*iam.Options)) (*iam.ListAccountAliasesOutput, error) {
	return c.listAccountAliases(ctx, in, options...)
}

// ListAttachedRolePolicies is the SDK's.
func (c *Client) ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesInput, options ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	return c.listAttachedRolePolicies(ctx, in, options...)
}

// ListRolePolicies is the SDK's.
func (c *Client) ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesInput, options ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error) {
	return c.listRolePolicies(ctx, in, options...)
}

// PutRolePermissionsBoundary is the SDK's.
func (c *Client) PutRolePermissionsBoundary(ctx context.Context, in *iam.PutRolePermissionsBoundaryInput, options ...func(*iam.Options)) (*iam.PutRolePermissionsBoundaryOutput, error) {
	return c.putRolePermissionsBoundary(ctx, in, options...)
}

// PutRolePolicy is the SDK's.
func (c *Client) PutRolePolicy(ctx context.Context, in *iam.PutRolePolicyInput, options ...func(*iam.Options)) (*iam.PutRolePolicyOutput, error) {
	return c.putRolePolicy(ctx, in, options...)
}

// SimulatePrincipalPolicy is the SDK's.
func (c *Client) SimulatePrincipalPolicy(ctx context.Context, in *iam.SimulatePrincipalPolicyInput, options ...func(*iam.Options)) (*iam.SimulatePrincipalPolicyOutput, error) {
	return c.simulatePrincipalPolicy(ctx, in, options...)
}

// TagRole is the SDK's.
func (c *Client) TagRole(ctx context.Context, in *iam.TagRoleInput, options ...func(*iam.Options)) (*iam.TagRoleOutput, error) {
	return c.tagRole(ctx, in, options...)
}

// UntagRole is the SDK's.
func (c *Client) UntagRole(ctx context.Context, in *iam.UntagRoleInput, options ...func(*iam.Options)) (*iam.UntagRoleOutput, error) {
	return c.untagRole(ctx, in, options...)
}

// UpdateAssumeRolePolicy is the SDK's.
func (c *Client) UpdateAssumeRolePolicy(ctx context.Context, in *iam.UpdateAssumeRolePolicyInput, options ...func(*iam.Options)) (*iam.UpdateAssumeRolePolicyOutput, error) {
	return c.updateAssumeRolePolicy(ctx, in, options...)
}
