package iam

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"ecsctl/sandbox/internal/wire"
)

const maxKeys = 2 // of a user

// accessKey is of a user.
type accessKey struct {
	id, secret string
	created    time.Time
}

func (s *Service) handleAccessKeys() {
	wire.HandleQuery(s.Query, "CreateAccessKey", s.createKey)
	wire.HandleQuery(s.Query, "ListAccessKeys", s.listKeys)
	wire.HandleQuery(s.Query, "DeleteAccessKey", s.deleteKey)
}

type keyXML struct {
	UserName        string
	AccessKeyID     string `xml:"AccessKeyId"`
	Status          string
	SecretAccessKey string `xml:",omitempty"`
	CreateDate      string
}

type keyAnswer struct{ AccessKey keyXML }

func (u *user) keyXML(k accessKey) keyXML {
	return keyXML{UserName: u.name, AccessKeyID: k.id, Status: "Active",
		CreateDate: k.created.UTC().Format(time.RFC3339)}
}

func (s *Service) createKey(ctx context.Context, in *selfRef) (*keyAnswer, error) {
	u, err := s.findSelf(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	if len(u.keys) == maxKeys {
		return nil, conflict("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: %d", maxKeys)
	}
	k := accessKey{id: "AKIA" + rand.Text()[:16], secret: (rand.Text() + rand.Text())[:40], created: s.clock.Now()}
	u.keys = append(u.keys, k)
	out := u.keyXML(k)
	out.SecretAccessKey = k.secret // this once
	return &keyAnswer{out}, nil
}

type listKeysInput struct {
	UserName string
	page
}

type listKeysAnswer struct {
	pageAnswer
	AccessKeyMetadata wire.Members[keyXML]
}

func (s *Service) listKeys(ctx context.Context, in *listKeysInput) (*listKeysAnswer, error) {
	u, err := s.findSelf(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	var all []keyXML
	for _, k := range u.keys {
		all = append(all, u.keyXML(k))
	}
	keys, next, err := paginate(all, in.page)
	return &listKeysAnswer{next, wire.Members[keyXML]{Member: keys}}, err
}

type deleteKeyInput struct {
	UserName    string
	AccessKeyID string `query:"AccessKeyId,required"`
}

func (s *Service) deleteKey(ctx context.Context, in *deleteKeyInput) (*struct{}, error) {
	u, err := s.findSelf(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(u.keys, func(k accessKey) bool { return k.id == in.AccessKeyID })
	if i < 0 {
		return nil, noSuchEntity("The Access Key with id %s cannot be found.", in.AccessKeyID)
	}
	u.keys = slices.Delete(u.keys, i, i+1)
	return nil, nil
}

// SecretOf is the secret of a user's access key.
func (s *Service) SecretOf(key string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		for _, k := range u.keys {
			if k.id == key {
				return k.secret, true
			}
		}
	}
	return "", false
}

// userByKey is nil for a key that is of no user.
func (s *Service) userByKey(key string) *user {
	for _, u := range s.users {
		if slices.ContainsFunc(u.keys, func(k accessKey) bool { return k.id == key }) {
			return u
		}
	}
	return nil
}
