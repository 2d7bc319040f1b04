// Package iamcalls holds the few IAM operations that ecsctl uses, as functions taken off
// the SDK's client, for the reason that internal/ec2calls gives: of some 170 operations
// the binary keeps these.
package iamcalls

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

type call[In, Out any] func(context.Context, *In, ...func(*iam.Options)) (*Out, error)

// Client makes IAM calls; its methods are those of the SDK's client. The SDK's
// paginators take it.
type Client struct {
	attachRolePolicy              call[iam.AttachRolePolicyInput, iam.AttachRolePolicyOutput]
	createRole                    call[iam.CreateRoleInput, iam.CreateRoleOutput]
	deleteRole                    call[iam.DeleteRoleInput, iam.DeleteRoleOutput]
	deleteRolePermissionsBoundary call[iam.DeleteRolePermissionsBoundaryInput, iam.DeleteRolePermissionsBoundaryOutput]
	deleteRolePolicy              call[iam.DeleteRolePolicyInput, iam.DeleteRolePolicyOutput]
	detachRolePolicy              call[iam.DetachRolePolicyInput, iam.DetachRolePolicyOutput]
	getRole                       call[iam.GetRoleInput, iam.GetRoleOutput]
	getRolePolicy                 call[iam.GetRolePolicyInput, iam.GetRolePolicyOutput]
	listAccountAliases            call[iam.ListAccountAliasesInput, iam.ListAccountAliasesOutput]
	listAttachedRolePolicies      call[iam.ListAttachedRolePoliciesInput, iam.ListAttachedRolePoliciesOutput]
	listRolePolicies              call[iam.ListRolePoliciesInput, iam.ListRolePoliciesOutput]
	putRolePermissionsBoundary    call[iam.PutRolePermissionsBoundaryInput, iam.PutRolePermissionsBoundaryOutput]
	putRolePolicy                 call[iam.PutRolePolicyInput, iam.PutRolePolicyOutput]
	simulatePrincipalPolicy       call[iam.SimulatePrincipalPolicyInput, iam.SimulatePrincipalPolicyOutput]
	tagRole                       call[iam.TagRoleInput, iam.TagRoleOutput]
	untagRole                     call[iam.UntagRoleInput, iam.UntagRoleOutput]
	updateAssumeRolePolicy        call[iam.UpdateAssumeRolePolicyInput, iam.UpdateAssumeRolePolicyOutput]
}

// New makes a client of a configuration, as iam.NewFromConfig does.
func New(cfg aws.Config) *Client {
	c := iam.NewFromConfig(cfg)
	return &Client{
		attachRolePolicy:              c.AttachRolePolicy,
		createRole:                    c.CreateRole,
		deleteRole:                    c.DeleteRole,
		deleteRolePermissionsBoundary: c.DeleteRolePermissionsBoundary,
		deleteRolePolicy:              c.DeleteRolePolicy,
		detachRolePolicy:              c.DetachRolePolicy,
		getRole:                       c.GetRole,
		getRolePolicy:                 c.GetRolePolicy,
		listAccountAliases:            c.ListAccountAliases,
		listAttachedRolePolicies:      c.ListAttachedRolePolicies,
		listRolePolicies:              c.ListRolePolicies,
		putRolePermissionsBoundary:    c.PutRolePermissionsBoundary,
		putRolePolicy:                 c.PutRolePolicy,
		simulatePrincipalPolicy:       c.SimulatePrincipalPolicy,
		tagRole:                       c.TagRole,
		untagRole:                     c.UntagRole,
		updateAssumeRolePolicy:        c.UpdateAssumeRolePolicy,
	}
}
