package iam

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"ecsctl/sandbox/internal/wire"
)

// instanceProfile hands a role to EC2 instances; while it has one the role cannot be deleted.
type instanceProfile struct {
	identity
	role string // "" is none
}

func (s *Service) handleInstanceProfiles() {
	wire.HandleQuery(s.Query, "CreateInstanceProfile", s.createProfile)
	wire.HandleQuery(s.Query, "GetInstanceProfile", s.getProfile)
	wire.HandleQuery(s.Query, "TagInstanceProfile", s.tagProfile)
	wire.HandleQuery(s.Query, "UntagInstanceProfile", s.untagProfile)
	wire.HandleQuery(s.Query, "DeleteInstanceProfile", s.deleteProfile)
	wire.HandleQuery(s.Query, "AddRoleToInstanceProfile", s.addToProfile)
	wire.HandleQuery(s.Query, "RemoveRoleFromInstanceProfile", s.removeFromProfile)
	wire.HandleQuery(s.Query, "ListInstanceProfilesForRole", s.listProfiles)
	wire.HandleQuery(s.Query, "ListInstanceProfiles", s.listAllProfiles)
}

type profileXML struct {
	Path                string
	InstanceProfileName string
	InstanceProfileID   string `xml:"InstanceProfileId"`
	Arn                 string
	CreateDate          string
	Roles               wire.Members[roleXML]
	Tags                *wire.Members[tag] `xml:",omitempty"`
}

func (s *Service) profileXML(p *instanceProfile) profileXML {
	out := profileXML{Path: p.path, InstanceProfileName: p.name, InstanceProfileID: p.id, Arn: p.arn,
		CreateDate: p.created.UTC().Format(time.RFC3339)}
	if r := s.roles[p.role]; r != nil {
		out.Roles.Member = append(out.Roles.Member, r.summary())
	}
	return out
}

type createProfileInput struct {
	InstanceProfileName string `query:"InstanceProfileName,required"`
	Path                string
	Tags                []tag
}

type profileAnswer struct{ InstanceProfile profileXML }

func (s *Service) createProfile(_ context.Context, in *createProfileInput) (*profileAnswer, error) {
	if err := checkName("instanceProfileName", in.InstanceProfileName, 128); err != nil {
		return nil, err
	}
	if err := checkPath(in.Path); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if s.profiles[in.InstanceProfileName] != nil {
		return nil, conflict("EntityAlreadyExists", "Instance Profile %s already exists.", in.InstanceProfileName)
	}
	p := &instanceProfile{identity: s.newIdentity("instance-profile", "AIPA", in.Path, in.InstanceProfileName)}
	p.tags = tags
	s.profiles[p.name] = p
	return &profileAnswer{s.profileDetail(p)}, nil
}

// profileDetail is the profile with its tags, which lists leave out.
func (s *Service) profileDetail(p *instanceProfile) profileXML {
	out := s.profileXML(p)
	out.Tags = p.tagsXML()
	return out
}

func (s *Service) getProfile(_ context.Context, in *profileRef) (*profileAnswer, error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return &profileAnswer{s.profileDetail(p)}, nil
}

type tagProfileInput struct {
	InstanceProfileName string `query:"InstanceProfileName,required"`
	Tags                []tag  `query:"Tags,required"`
}

func (s *Service) tagProfile(_ context.Context, in *tagProfileInput) (*struct{}, error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(p.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	p.tags = tags
	return nil, nil
}

type untagProfileInput struct {
	InstanceProfileName string   `query:"InstanceProfileName,required"`
	TagKeys             []string `query:"TagKeys,required"`
}

func (s *Service) untagProfile(_ context.Context, in *untagProfileInput) (*struct{}, error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	p.tags = slices.DeleteFunc(p.tags, func(t tag) bool { return slices.Contains(in.TagKeys, t.Key) })
	return nil, nil
}

type profileRef struct {
	InstanceProfileName string `query:"InstanceProfileName,required"`
}

func (s *Service) findProfile(name string) (*instanceProfile, error) {
	if p := s.profiles[name]; p != nil {
		return p, nil
	}
	return nil, noSuchEntity("Instance Profile %s cannot be found.", name)
}

func (s *Service) deleteProfile(_ context.Context, in *profileRef) (*struct{}, error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.role != "" {
		return nil, conflict("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	}
	delete(s.profiles, p.name)
	return nil, nil
}

type profileRoleInput struct {
	InstanceProfileName string `query:"InstanceProfileName,required"`
	RoleName            string `query:"RoleName,required"`
}

func (s *Service) addToProfile(_ context.Context, in *profileRoleInput) (*struct{}, error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if _, err := s.find(in.RoleName); err != nil {
		return nil, err
	}
	if p.role != "" {
		return nil, conflict("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	p.role = in.RoleName
	return nil, nil
}

func (s *Service) removeFromProfile(_ context.Context, in *profileRoleInput) (*struct{}, error) {
	p, err := s.findProfile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.role != in.RoleName {
		return nil, noSuchEntity("The role with name %s cannot be found.", in.RoleName)
	}
	p.role = ""
	return nil, nil
}

type listProfilesInput struct {
	RoleName string `query:"RoleName,required"`
	page
}

type listProfilesAnswer struct {
	pageAnswer
	InstanceProfiles wire.Members[profileXML]
}

func (s *Service) listProfiles(_ context.Context, in *listProfilesInput) (*listProfilesAnswer, error) {
	if _, err := s.find(in.RoleName); err != nil {
		return nil, err
	}
	var all []profileXML
	for _, name := range slices.Sorted(maps.Keys(s.profiles)) {
		if p := s.profiles[name]; p.role == in.RoleName {
			all = append(all, s.profileXML(p))
		}
	}
	profiles, next, err := paginate(all, in.page)
	return &listProfilesAnswer{next, wire.Members[profileXML]{Member: profiles}}, err
}

type listAllProfilesInput struct {
	PathPrefix string
	page
}

func (s *Service) listAllProfiles(_ context.Context, in *listAllProfilesInput) (*listProfilesAnswer, error) {
	var all []profileXML
	for _, name := range slices.Sorted(maps.Keys(s.profiles)) {
		if p := s.profiles[name]; strings.HasPrefix(p.path, in.PathPrefix) {
			all = append(all, s.profileXML(p))
		}
	}
	profiles, next, err := paginate(all, in.page)
	return &listProfilesAnswer{next, wire.Members[profileXML]{Member: profiles}}, err
}

// ProfileRole is the ARN of the role that an instance profile has, by the profile's ARN; "" is none, and ok says
// whether there is such a profile.
func (s *Service) ProfileRole(arn string) (role string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.profiles {
		if p.arn != arn {
			continue
		}
		if r := s.roles[p.role]; r != nil {
			return r.arn, true
		}
		return "", true
	}
	return "", false
}

// inProfile reports whether an instance profile has the role.
func (s *Service) inProfile(role string) bool {
	for _, p := range s.profiles {
		if p.role == role {
			return true
		}
	}
	return false
}
