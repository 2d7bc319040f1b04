package iam

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"ecsctl/sandbox/internal/wire"
)

const (
	maxManagedBytes = 6144 // characters of a managed policy
	onlyVersion     = "v1" // CreatePolicyVersion is not here
)

// customerPolicy is a managed policy of the account's own.
type customerPolicy struct {
	name, path, id, arn string
	description         string
	document            string
	created             time.Time
	tags                []tag
}

func (s *Service) handlePolicies() {
	wire.HandleQuery(s.Query, "CreatePolicy", s.createManaged)
	wire.HandleQuery(s.Query, "GetPolicy", s.getManaged)
	wire.HandleQuery(s.Query, "GetPolicyVersion", s.getVersion)
	wire.HandleQuery(s.Query, "DeletePolicy", s.deleteManaged)
}

type managedXML struct {
	PolicyName                    string
	PolicyID                      string `xml:"PolicyId"`
	Arn                           string
	Path                          string
	DefaultVersionID              string `xml:"DefaultVersionId"`
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	Description                   string `xml:",omitempty"`
	CreateDate                    string
	UpdateDate                    string
	Tags                          *wire.Members[tag] `xml:",omitempty"`
}

type managedAnswer struct{ Policy managedXML }

type createManagedInput struct {
	PolicyName     string `query:"PolicyName,required"`
	PolicyDocument string `query:"PolicyDocument,required"`
	Path           string
	Description    string
	Tags           []tag
}

func (s *Service) createManaged(_ context.Context, in *createManagedInput) (*managedAnswer, error) {
	if err := checkName("policyName", in.PolicyName, 128); err != nil {
		return nil, err
	}
	if err := checkPath(in.Path); err != nil {
		return nil, err
	}
	if err := s.checkIdentityPolicy(in.PolicyDocument); err != nil {
		return nil, err
	}
	if policySize(in.PolicyDocument) > maxManagedBytes {
		return nil, conflict("LimitExceeded", "Cannot exceed quota for PolicySize: %d", maxManagedBytes)
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if in.Path == "" {
		in.Path = "/"
	}
	p := &customerPolicy{
		name: in.PolicyName, path: in.Path, id: "ANPA" + rand.Text()[:17], arn: s.arn("policy", in.Path, in.PolicyName),
		description: in.Description, document: in.PolicyDocument, created: s.clock.Now(), tags: tags,
	}
	if s.policies[p.arn] != nil {
		return nil, conflict("EntityAlreadyExists",
			"A policy called %s already exists. Duplicate names are not allowed.", p.name)
	}
	s.policies[p.arn] = p
	return &managedAnswer{s.describe(p)}, nil
}

func (s *Service) describe(p *customerPolicy) managedXML {
	created := p.created.UTC().Format(time.RFC3339)
	out := managedXML{
		PolicyName: p.name, PolicyID: p.id, Arn: p.arn, Path: p.path, DefaultVersionID: onlyVersion, IsAttachable: true,
		Description: p.description, CreateDate: created, UpdateDate: created,
	}
	if len(p.tags) > 0 {
		out.Tags = &wire.Members[tag]{Member: p.tags}
	}
	for _, i := range s.identities() {
		if slices.Contains(i.attached, p.arn) {
			out.AttachmentCount++
		}
		if i.boundary == p.arn {
			out.PermissionsBoundaryUsageCount++
		}
	}
	return out
}

func (s *Service) identities() []*identity {
	var out []*identity
	for _, r := range s.roles {
		out = append(out, &r.identity)
	}
	for _, u := range s.users {
		out = append(out, &u.identity)
	}
	return out
}

type managedRef struct {
	PolicyArn string `query:"PolicyArn,required"`
}

func (s *Service) findManaged(arn string) (*customerPolicy, error) {
	if s.managedName(arn) != "" {
		return nil, wire.NotImplemented("reading AWS managed policies")
	}
	if p := s.policies[arn]; p != nil {
		return p, nil
	}
	return nil, noSuchEntity("Policy %s was not found.", arn)
}

func (s *Service) getManaged(_ context.Context, in *managedRef) (*managedAnswer, error) {
	p, err := s.findManaged(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &managedAnswer{s.describe(p)}, nil
}

type versionRef struct {
	PolicyArn string `query:"PolicyArn,required"`
	VersionID string `query:"VersionId,required"`
}

type versionAnswer struct{ PolicyVersion versionXML }

type versionXML struct {
	Document         string
	VersionID        string `xml:"VersionId"`
	IsDefaultVersion bool
	CreateDate       string
}

func (s *Service) getVersion(_ context.Context, in *versionRef) (*versionAnswer, error) {
	p, err := s.findManaged(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if in.VersionID != onlyVersion {
		return nil, noSuchEntity("Policy %s version %s does not exist or is not attachable.", in.PolicyArn,
			in.VersionID)
	}
	return &versionAnswer{versionXML{encodeDocument(p.document), onlyVersion, true,
		p.created.UTC().Format(time.RFC3339)}}, nil
}

func (s *Service) deleteManaged(_ context.Context, in *managedRef) (*struct{}, error) {
	p, err := s.findManaged(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if used := s.describe(p); used.AttachmentCount+used.PermissionsBoundaryUsageCount > 0 {
		return nil, conflict("DeleteConflict", "Cannot delete a policy attached to entities.")
	}
	delete(s.policies, p.arn)
	return nil, nil
}
