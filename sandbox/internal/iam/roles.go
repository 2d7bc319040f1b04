package iam

import (
	"context"
	"net/url"
	"strings"
	"time"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleRoles() {
	wire.HandleQuery(s.Query, "CreateRole", s.createRole)
	wire.HandleQuery(s.Query, "GetRole", s.getRole)
	wire.HandleQuery(s.Query, "ListRoles", s.listRoles)
	wire.HandleQuery(s.Query, "DeleteRole", s.deleteRole)
	wire.HandleQuery(s.Query, "UpdateAssumeRolePolicy", s.updateTrust)
	wire.HandleQuery(s.Query, "UpdateRole", s.updateRole)
	wire.HandleQuery(s.Query, "PutRolePermissionsBoundary", s.putBoundary)
	wire.HandleQuery(s.Query, "DeleteRolePermissionsBoundary", s.deleteBoundary)
}

type roleRef struct {
	RoleName string `query:"RoleName,required"`
}

type roleXML struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	Description              string             `xml:",omitempty"`
	MaxSessionDuration       int                `xml:",omitempty"`
	PermissionsBoundary      *boundary          `xml:",omitempty"`
	Tags                     *wire.Members[tag] `xml:",omitempty"`
	RoleLastUsed             *struct{}          `xml:",omitempty"`
}

type boundary struct {
	PermissionsBoundaryType string
	PermissionsBoundaryArn  string
}

type roleAnswer struct{ Role roleXML }

// summary is the role as ListRoles has it: without tags, boundary and last use.
func (r *role) summary() roleXML {
	return roleXML{
		Path: r.path, RoleName: r.name, RoleID: r.id, Arn: r.arn,
		CreateDate:               r.created.UTC().Format(time.RFC3339),
		AssumeRolePolicyDocument: encodeDocument(r.trust),
		Description:              r.description,
		MaxSessionDuration:       r.maxSession,
	}
}

func (r *role) detail() roleXML {
	out := r.summary()
	out.Tags, out.PermissionsBoundary = r.tagsXML(), r.boundaryXML()
	return out
}

type createRoleInput struct {
	RoleName                 string `query:"RoleName,required"`
	AssumeRolePolicyDocument string `query:"AssumeRolePolicyDocument,required"`
	Path                     string
	Description              string
	MaxSessionDuration       int
	PermissionsBoundary      string
	Tags                     []tag
}

func (s *Service) createRole(_ context.Context, in *createRoleInput) (*roleAnswer, error) {
	if err := checkName("roleName", in.RoleName, 64); err != nil {
		return nil, err
	}
	if err := checkPath(in.Path); err != nil {
		return nil, err
	}
	if err := s.checkTrust(in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	if err := s.checkBoundary(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if _, ok := s.roles[in.RoleName]; ok {
		return nil, conflict("EntityAlreadyExists", "Role with name %s already exists.", in.RoleName)
	}
	if in.MaxSessionDuration == 0 {
		in.MaxSessionDuration = 3600
	}
	r := &role{
		identity:    s.newIdentity("role", "AROA", in.Path, in.RoleName),
		description: in.Description, trust: in.AssumeRolePolicyDocument, maxSession: in.MaxSessionDuration,
	}
	r.tags, r.boundary = tags, in.PermissionsBoundary
	s.roles[r.name] = r
	answer := r.detail()
	answer.MaxSessionDuration, answer.Description = 0, "" // CreateRole leaves these two out
	return &roleAnswer{answer}, nil
}

func (s *Service) getRole(_ context.Context, in *roleRef) (*roleAnswer, error) {
	if in.RoleName == linkedRole && s.Linked() {
		return &roleAnswer{s.linkedRoleXML()}, nil
	}
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	out := r.detail()
	out.RoleLastUsed = &struct{}{}
	return &roleAnswer{out}, nil
}

type listRolesInput struct {
	PathPrefix string
	page
}

type listRolesAnswer struct {
	pageAnswer
	Roles wire.Members[roleXML]
}

func (s *Service) listRoles(_ context.Context, in *listRolesInput) (*listRolesAnswer, error) {
	var all []roleXML
	for _, r := range s.sortedRoles() {
		if strings.HasPrefix(r.path, in.PathPrefix) {
			all = append(all, r.summary())
		}
	}
	roles, next, err := paginate(all, in.page)
	return &listRolesAnswer{next, wire.Members[roleXML]{Member: roles}}, err
}

func (s *Service) deleteRole(_ context.Context, in *roleRef) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	if s.inProfile(r.name) {
		return nil, conflict("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	}
	if len(r.attached) > 0 {
		return nil, conflict("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	}
	if len(r.inline) > 0 {
		return nil, conflict("DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	delete(s.roles, r.name)
	return nil, nil
}

type updateTrustInput struct {
	RoleName       string `query:"RoleName,required"`
	PolicyDocument string `query:"PolicyDocument,required"`
}

func (s *Service) updateTrust(_ context.Context, in *updateTrustInput) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	if err := s.checkTrust(in.PolicyDocument); err != nil {
		return nil, err
	}
	r.trust = in.PolicyDocument
	return nil, nil
}

type updateRoleInput struct {
	RoleName           string `query:"RoleName,required"`
	Description        *string
	MaxSessionDuration *int
}

func (s *Service) updateRole(_ context.Context, in *updateRoleInput) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	if in.Description != nil {
		r.description = *in.Description
	}
	if in.MaxSessionDuration != nil {
		r.maxSession = *in.MaxSessionDuration
	}
	return &struct{}{}, nil
}

type putBoundaryInput struct {
	RoleName            string `query:"RoleName,required"`
	PermissionsBoundary string `query:"PermissionsBoundary,required"`
}

func (s *Service) putBoundary(_ context.Context, in *putBoundaryInput) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	if err := s.checkBoundary(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	r.boundary = in.PermissionsBoundary
	return nil, nil
}

func (s *Service) deleteBoundary(_ context.Context, in *roleRef) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	r.boundary = ""
	return nil, nil
}

// encodeDocument writes a policy as IAM answers it: percent-encoded, RFC 3986.
func encodeDocument(doc string) string {
	return strings.ReplaceAll(url.QueryEscape(doc), "+", "%20")
}
