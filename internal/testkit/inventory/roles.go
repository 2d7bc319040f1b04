package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

type role struct {
	Path, Description string
	Trust             any
	MaxSession        int32
	Managed           []string
	Inline            map[string]any
	Tags              map[string]string
}

func (s *Source) readRoles(ctx context.Context, snap *Snapshot) error {
	pages := iam.NewListRolesPaginator(s.IAM, &iam.ListRolesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list roles: %w", err)
		}
		for _, found := range page.Roles {
			if err := s.readRole(ctx, snap, found); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Source) readRole(ctx context.Context, snap *Snapshot, found types.Role) error {
	name := aws.ToString(found.RoleName)
	trust, err := policy(found.AssumeRolePolicyDocument)
	if err != nil {
		return fmt.Errorf("failed to read the trust policy of role %q: %w", name, err)
	}
	r := role{
		Path: aws.ToString(found.Path), Description: aws.ToString(found.Description), Trust: trust,
		MaxSession: aws.ToInt32(found.MaxSessionDuration), Inline: map[string]any{}, Tags: map[string]string{},
	}
	for _, read := range []func(context.Context, string, *role) error{s.readAttached, s.readInline, s.readRoleTags} {
		if err := read(ctx, name, &r); err != nil {
			return fmt.Errorf("failed to read role %q: %w", name, err)
		}
	}
	return snap.add(Role, name, r)
}

func (s *Source) readAttached(ctx context.Context, name string, r *role) error {
	out, err := s.IAM.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	if err != nil {
		return err
	}
	for _, attached := range out.AttachedPolicies {
		r.Managed = append(r.Managed, aws.ToString(attached.PolicyArn))
	}
	return nil
}

func (s *Source) readInline(ctx context.Context, name string, r *role) error {
	list, err := s.IAM.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &name})
	if err != nil {
		return err
	}
	for _, inline := range list.PolicyNames {
		out, err := s.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &inline})
		if err != nil {
			return err
		}
		if r.Inline[inline], err = policy(out.PolicyDocument); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) readRoleTags(ctx context.Context, name string, r *role) error {
	out, err := s.IAM.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: &name})
	if err != nil {
		return err
	}
	for _, tag := range out.Tags {
		r.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return nil
}

// policy parses a document, which IAM answers URL-encoded.
func policy(document *string) (any, error) {
	text, err := url.QueryUnescape(aws.ToString(document))
	if err != nil {
		return nil, err
	}
	var parsed any
	err = json.Unmarshal([]byte(text), &parsed)
	return parsed, err
}
