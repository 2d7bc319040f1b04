package secrets

import (
	"bytes"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/schemas"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleSecrets() {
	wire.HandleJSON(s.JSON, "CreateSecret", schemas.CreateSecretRequest, schemas.CreateSecretResponse,
		"Name! ClientRequestToken Description KmsKeyId SecretBinary SecretString Tags", s.createSecret)
	wire.HandleJSON(s.JSON, "DescribeSecret", schemas.DescribeSecretRequest, schemas.DescribeSecretResponse,
		"SecretId!", s.describeSecret)
	wire.HandleJSON(s.JSON, "UpdateSecret", schemas.UpdateSecretRequest, schemas.UpdateSecretResponse,
		"SecretId! ClientRequestToken Description KmsKeyId SecretBinary SecretString", s.updateSecret)
}

func (s *Service) createSecret(_ context.Context, in *api.CreateSecretInput) (*api.CreateSecretOutput, error) {
	if !validName(*in.Name) {
		return nil, wire.Errorf("ValidationException",
			"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s.expire()
	if have, ok := s.secrets[*in.Name]; ok {
		return s.createAgain(have, in)
	}
	now := s.clock.Now()
	sec := &secret{
		name: *in.Name, arn: s.newARN(*in.Name), description: in.Description, kmsKeyID: in.KmsKeyId,
		created: now, changed: now, tags: mergeTags(nil, in.Tags), versions: map[string]*version{},
	}
	out := &api.CreateSecretOutput{ARN: &sec.arn, Name: &sec.name}
	if in.SecretString != nil || in.SecretBinary != nil {
		v, err := s.put(sec, in.ClientRequestToken, in.SecretString, in.SecretBinary)
		if err != nil {
			return nil, err
		}
		out.VersionId = &v.id
	}
	s.secrets[sec.name] = sec
	return out, nil
}

// createAgain answers a repeated CreateSecret: the same token and value are the same call.
func (s *Service) createAgain(have *secret, in *api.CreateSecretInput) (*api.CreateSecretOutput, error) {
	if have.deleted != nil {
		return nil, wire.Errorf("InvalidRequestException",
			"You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	v := have.versions[aws.ToString(in.ClientRequestToken)]
	if v == nil || !v.equals(in.SecretString, in.SecretBinary) {
		return nil, wire.Errorf("ResourceExistsException", "The operation failed because the secret %s already exists.",
			have.name)
	}
	return &api.CreateSecretOutput{ARN: &have.arn, Name: &have.name, VersionId: &v.id}, nil
}

func (v *version) equals(text *string, binary []byte) bool {
	return (v.text == nil) == (text == nil) && aws.ToString(v.text) == aws.ToString(text) &&
		bytes.Equal(v.binary, binary)
}

// put adds a version and makes it the current one. Using a token again with the
// same value changes nothing.
func (s *Service) put(sec *secret, token, text *string, binary []byte) (*version, error) {
	if text != nil && binary != nil {
		return nil, wire.Errorf("InvalidParameterException",
			"You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	if token == nil {
		return nil, wire.Errorf("InvalidParameterException",
			"You must provide a ClientRequestToken value. We recommend a UUID-type value.")
	}
	if n := len(*token); n < 32 || n > 64 {
		return nil, wire.Errorf("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.")
	}
	if have, ok := sec.versions[*token]; ok {
		if !have.equals(text, binary) {
			return nil, wire.Errorf("ResourceExistsException", "A resource with the ID you requested already exists.")
		}
		return have, nil
	}
	v := &version{id: *token, text: text, binary: binary, created: s.clock.Now()}
	sec.versions[v.id] = v
	sec.changed = v.created
	sec.makeCurrent(v)
	return v, nil
}

func (sec *secret) makeCurrent(v *version) {
	old := sec.staged(current)
	for id, other := range sec.versions {
		other.stages = slices.DeleteFunc(other.stages, func(s string) bool { return s == current || s == previous })
		// A version without a stage is deprecated; AWS keeps it for a while, unseen.
		if other != v && other != old && len(other.stages) == 0 {
			delete(sec.versions, id)
		}
	}
	if old != nil {
		old.stages = append(old.stages, previous)
	}
	v.stages = append(v.stages, current)
}

func (s *Service) describeSecret(_ context.Context, in *api.DescribeSecretInput) (*api.DescribeSecretOutput, error) {
	sec, err := s.find(in.SecretId)
	if err != nil {
		return nil, err
	}
	return &api.DescribeSecretOutput{
		ARN: &sec.arn, Name: &sec.name, Description: sec.description, KmsKeyId: sec.kmsKeyID,
		CreatedDate: &sec.created, LastChangedDate: &sec.changed, LastAccessedDate: sec.accessed,
		DeletedDate: sec.deleted, Tags: sec.tags, VersionIdsToStages: sec.stages(),
	}, nil
}

func (sec *secret) stages() map[string][]string {
	if len(sec.versions) == 0 {
		return nil
	}
	out := map[string][]string{}
	for id, v := range sec.versions {
		out[id] = v.stages
	}
	return out
}

func (s *Service) updateSecret(_ context.Context, in *api.UpdateSecretInput) (*api.UpdateSecretOutput, error) {
	sec, err := s.usable(in.SecretId)
	if err != nil {
		return nil, err
	}
	out := &api.UpdateSecretOutput{ARN: &sec.arn, Name: &sec.name}
	if in.SecretString != nil || in.SecretBinary != nil {
		v, err := s.put(sec, in.ClientRequestToken, in.SecretString, in.SecretBinary)
		if err != nil {
			return nil, err
		}
		out.VersionId = &v.id
	}
	if in.Description != nil {
		sec.description = in.Description
	}
	if in.KmsKeyId != nil {
		sec.kmsKeyID = in.KmsKeyId
	}
	sec.changed = s.clock.Now()
	return out, nil
}
