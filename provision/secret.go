package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
)

// secret keeps an API key or an auth string in Secrets Manager, as plain text.
type secret struct {
	w        *world
	kind     Kind
	name     string
	variable string // the environment variable of the container that it becomes
	want     prefect.Secret
	closed   bool // its value is not looked at
	found    *foundSecret
}

type foundSecret struct {
	arn     string
	value   prefect.Secret
	changed time.Time // when the current value was put
	hidden  bool      // the caller may not read the value
	deleted bool      // scheduled for deletion: the name is taken until it is restored
	tags    map[string]string
}

func newAPIKeySecret(w *world) *secret {
	return &secret{w: w, kind: KindAPIKeySecret, name: w.spec.Names.Secret, variable: "PREFECT_API_KEY",
		want: w.server.APIKey}
}

func newAuthStringSecret(w *world) *secret {
	return &secret{w: w, kind: KindAuthStringSecret, name: authStringSecretName(w.spec.Names.Secret),
		variable: "PREFECT_API_AUTH_STRING", want: w.server.AuthString}
}

// unread makes the secret one of which the value is not looked at: who removes it needs no
// right to read it.
func (s *secret) unread() *secret {
	s.closed = true
	return s
}

// authStringSecretName is the auth string's name beside that of the key.
func authStringSecretName(keyName string) string {
	return strings.TrimSuffix(keyName, "/api-key") + "/api-auth-string"
}

func (s *secret) ref() (Kind, string) { return s.kind, s.name }
func (s *secret) needs() []Kind       { return nil }
func (s *secret) owned() bool         { return s.found != nil && s.w.owns(s.found.tags) }

func (s *secret) find(ctx context.Context) error {
	found, err := s.read(ctx)
	if err != nil {
		return err
	}
	s.found = found
	if found != nil {
		s.w.setValue(s.kind, found.arn)
	}
	return nil
}

// check refuses a secret that somebody else put there: its value is theirs.
func (s *secret) check() error {
	if s.found == nil || s.owned() {
		return nil
	}
	return hint.Add(fmt.Errorf("secret %q exists and was not made by ecsctl for this pool", s.name),
		"use it with --prefect-api-key-secret "+s.found.arn+", or name another one with --secret-name")
}

// read looks at the secret and its value; no secret is nil.
func (s *secret) read(ctx context.Context) (*foundSecret, error) {
	var out foundSecret
	err := s.describe(ctx, &out)
	if err == nil && !s.closed {
		err = s.readValue(ctx, &out)
	}
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(fmt.Sprintf("read secret %q", s.name), err)
	}
	return &out, nil
}

func (s *secret) describe(ctx context.Context, out *foundSecret) error {
	got, err := s.w.aws.Secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(s.name)})
	if err != nil {
		return err
	}
	out.arn, out.deleted = *got.ARN, got.DeletedDate != nil
	out.tags = TagMap(got.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
	return nil
}

// readValue leaves the value empty for a secret that is scheduled for deletion or
// has no value yet; describe tells which.
func (s *secret) readValue(ctx context.Context, out *foundSecret) error {
	got, err := s.w.aws.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(s.name)})
	var scheduled *types.InvalidRequestException
	var missing *types.ResourceNotFoundException
	if errors.As(err, &scheduled) || errors.As(err, &missing) {
		return nil
	}
	if s.w.secretsUnread && awserr.Denied(err) {
		out.hidden = true
		return nil
	}
	if err != nil {
		return err
	}
	out.value = prefect.Secret(aws.ToString(got.SecretString))
	out.changed = aws.ToTime(got.CreatedDate)
	return nil
}

func (s *secret) diff() Change {
	c := Change{Kind: s.kind, Name: s.name}
	if s.found == nil {
		c.Action = Create
		return c
	}
	c.ID = s.found.arn
	if s.found.deleted {
		c.Fields = append(c.Fields, Field{Path: "deletedDate", Before: "scheduled for deletion", After: "restored"})
		c.Reason = "it is scheduled for deletion: it is restored"
	}
	if s.valueDiffers() && !s.found.deleted {
		c.Fields = append(c.Fields, Field{Path: "value", Before: hidden, After: hidden})
	}
	c.Fields = append(c.Fields, s.w.tagFields(s.found.tags)...)
	if s.found.hidden && !s.found.deleted {
		c.Reason = "its value is not compared: that takes secretsmanager:GetSecretValue"
	}
	c.Action = updateIf(c.Fields)
	return c
}

func (s *secret) valueDiffers() bool { return !s.found.hidden && s.found.value != s.want }

func (s *secret) apply(ctx context.Context) (string, error) {
	if s.found == nil {
		if err := s.create(ctx); err != nil {
			return "", err
		}
	}
	s.w.setValue(s.kind, s.found.arn)
	if s.found.deleted {
		if err := s.restore(ctx); err != nil {
			return "", err
		}
	}
	id := aws.String(s.found.arn)
	if tags := s.w.missingTags(s.found.tags); len(tags) > 0 {
		_, err := s.w.aws.Secrets.TagResource(ctx, &secretsmanager.TagResourceInput{
			SecretId: id, Tags: secretTags(tags),
		})
		if err != nil {
			return "", explain("tag the secret", err)
		}
	}
	if !s.valueDiffers() {
		return s.found.arn, nil
	}
	_, err := s.w.aws.Secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: id, SecretString: aws.String(s.want.Reveal()),
	})
	return s.found.arn, explain("put the secret's value", err)
}

func (s *secret) create(ctx context.Context) error {
	in := &secretsmanager.CreateSecretInput{
		Name:         aws.String(s.name),
		Description:  aws.String(s.variable + " of a Prefect worker, made by ecsctl"),
		SecretString: aws.String(s.want.Reveal()),
		Tags:         secretTags(s.w.wantedTags()),
	}
	var out *secretsmanager.CreateSecretOutput
	err := s.w.insist(ctx, stillDeleting, func() (err error) {
		out, err = s.w.aws.Secrets.CreateSecret(ctx, in)
		return err
	})
	var exists *types.ResourceExistsException
	if errors.As(err, &exists) {
		return s.meetOther(ctx)
	}
	if err != nil {
		return explain("create the secret", err)
	}
	s.found = &foundSecret{arn: *out.ARN, value: s.want, tags: s.w.wantedTags()}
	return nil
}

// meetOther goes on with a secret that another bootstrap made since we looked.
func (s *secret) meetOther(ctx context.Context) error {
	if err := s.find(ctx); err != nil {
		return err
	}
	if s.found == nil {
		return errors.New("it was created and deleted by somebody else at the same time: run the command again")
	}
	return s.check()
}

// restore takes back a scheduled deletion, after which the old value can be read.
func (s *secret) restore(ctx context.Context) error {
	if _, err := s.w.aws.Secrets.RestoreSecret(ctx,
		&secretsmanager.RestoreSecretInput{SecretId: aws.String(s.found.arn)}); err != nil {
		return explain("restore the secret", err)
	}
	return s.find(ctx)
}

func secretTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })
}

func (s *secret) remove() Change {
	c := Change{Kind: s.kind, Name: s.name, Action: Delete}
	if s.found == nil || s.found.deleted {
		c.Action = None
		return c
	}
	c.ID = s.found.arn
	if !s.owned() {
		c.Action, c.Reason = Leave, notOurs
	}
	return c
}

// delete leaves no recovery window: the key is Prefect's to show again, and a name
// that stays taken would be something left behind.
func (s *secret) delete(ctx context.Context) error {
	_, err := s.w.aws.Secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: aws.String(s.found.arn), ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	return explain("delete the secret", unlessGone(err))
}
