package iam

import (
	"context"
	"slices"
	"strings"
	"time"

	"ecsctl/sandbox/internal/wire"
)

type user struct {
	identity
	keys []accessKey
}

func (s *Service) handleUsers() {
	wire.HandleQuery(s.Query, "CreateUser", s.createUser)
	wire.HandleQuery(s.Query, "GetUser", s.getUser)
	wire.HandleQuery(s.Query, "ListUsers", s.listUsers)
	wire.HandleQuery(s.Query, "DeleteUser", s.deleteUser)
	wire.HandleQuery(s.Query, "PutUserPermissionsBoundary", s.putUserBoundary)
	wire.HandleQuery(s.Query, "DeleteUserPermissionsBoundary", s.deleteUserBoundary)
}

type userRef struct {
	UserName string `query:"UserName,required"`
}

// selfRef may leave out the user: then it is the caller.
type selfRef struct{ UserName string }

type userXML struct {
	Path                string
	UserName            string
	UserID              string `xml:"UserId"`
	Arn                 string
	CreateDate          string
	PermissionsBoundary *boundary          `xml:",omitempty"`
	Tags                *wire.Members[tag] `xml:",omitempty"`
}

type userAnswer struct{ User userXML }

// summary is the user as ListUsers has it.
func (u *user) summary() userXML {
	return userXML{Path: u.path, UserName: u.name, UserID: u.id, Arn: u.arn,
		CreateDate: u.created.UTC().Format(time.RFC3339)}
}

func (u *user) detail() userXML {
	out := u.summary()
	out.Tags, out.PermissionsBoundary = u.tagsXML(), u.boundaryXML()
	return out
}

type createUserInput struct {
	UserName            string `query:"UserName,required"`
	Path                string
	PermissionsBoundary string
	Tags                []tag
}

func (s *Service) createUser(_ context.Context, in *createUserInput) (*userAnswer, error) {
	if err := checkName("userName", in.UserName, 64); err != nil {
		return nil, err
	}
	if err := checkPath(in.Path); err != nil {
		return nil, err
	}
	if err := s.checkBoundary(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if _, ok := s.users[in.UserName]; ok {
		return nil, conflict("EntityAlreadyExists", "User with name %s already exists.", in.UserName)
	}
	u := &user{identity: s.newIdentity("user", "AIDA", in.Path, in.UserName)}
	u.tags, u.boundary = tags, in.PermissionsBoundary
	s.users[u.name] = u
	return &userAnswer{u.detail()}, nil
}

func (s *Service) findUser(name string) (*user, error) {
	if u, ok := s.users[name]; ok {
		return u, nil
	}
	return nil, noSuchEntity("The user with name %s cannot be found.", name)
}

// findSelf finds the user by name, or as the one who calls.
func (s *Service) findSelf(ctx context.Context, name string) (*user, error) {
	if name != "" {
		return s.findUser(name)
	}
	key, _ := ctx.Value(keyOfCaller{}).(string)
	if u := s.userByKey(key); u != nil {
		return u, nil
	}
	return nil, wire.Errorf("ValidationError", "Must specify userName when calling with non-User credentials")
}

func (s *Service) getUser(ctx context.Context, in *selfRef) (*userAnswer, error) {
	u, err := s.findSelf(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	return &userAnswer{u.detail()}, nil
}

type listUsersInput struct {
	PathPrefix string
	page
}

type listUsersAnswer struct {
	pageAnswer
	Users wire.Members[userXML]
}

func (s *Service) listUsers(_ context.Context, in *listUsersInput) (*listUsersAnswer, error) {
	var all []userXML
	for _, u := range s.users {
		if strings.HasPrefix(u.path, in.PathPrefix) {
			all = append(all, u.summary())
		}
	}
	slices.SortFunc(all, func(a, b userXML) int { return compare(a.UserName, b.UserName) })
	users, next, err := paginate(all, in.page)
	return &listUsersAnswer{next, wire.Members[userXML]{Member: users}}, err
}

func (s *Service) deleteUser(_ context.Context, in *userRef) (*struct{}, error) {
	u, err := s.findUser(in.UserName)
	if err != nil {
		return nil, err
	}
	switch {
	case len(u.keys) > 0:
		return nil, conflict("DeleteConflict", "Cannot delete entity, must delete access keys first.")
	case len(u.attached) > 0:
		return nil, conflict("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	case len(u.inline) > 0:
		return nil, conflict("DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	delete(s.users, u.name)
	return nil, nil
}

type putUserBoundaryInput struct {
	UserName            string `query:"UserName,required"`
	PermissionsBoundary string `query:"PermissionsBoundary,required"`
}

func (s *Service) putUserBoundary(_ context.Context, in *putUserBoundaryInput) (*struct{}, error) {
	u, err := s.findUser(in.UserName)
	if err != nil {
		return nil, err
	}
	if err := s.checkBoundary(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	u.boundary = in.PermissionsBoundary
	return nil, nil
}

func (s *Service) deleteUserBoundary(_ context.Context, in *userRef) (*struct{}, error) {
	u, err := s.findUser(in.UserName)
	if err != nil {
		return nil, err
	}
	u.boundary = ""
	return nil, nil
}
