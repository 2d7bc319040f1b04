package secrets

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/schemas"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleValues() {
	wire.HandleJSON(s.JSON, "GetSecretValue", schemas.GetSecretValueRequest, schemas.GetSecretValueResponse,
		"SecretId! VersionId VersionStage", s.getValue)
	wire.HandleJSON(s.JSON, "PutSecretValue", schemas.PutSecretValueRequest, schemas.PutSecretValueResponse,
		"SecretId! ClientRequestToken SecretBinary SecretString", s.putValue)
}

func (s *Service) getValue(_ context.Context, in *api.GetSecretValueInput) (*api.GetSecretValueOutput, error) {
	sec, err := s.usable(in.SecretId)
	if err != nil {
		return nil, err
	}
	v, err := sec.pick(in.VersionId, in.VersionStage)
	if err != nil {
		return nil, err
	}
	sec.accessed = day(s.clock.Now())
	return &api.GetSecretValueOutput{
		ARN: &sec.arn, Name: &sec.name, VersionId: &v.id, VersionStages: v.stages,
		SecretString: v.text, SecretBinary: v.binary, CreatedDate: &v.created,
	}, nil
}

func (sec *secret) pick(id, stage *string) (*version, error) {
	if id == nil {
		if stage == nil {
			stage = aws.String(current)
		}
		if v := sec.staged(*stage); v != nil {
			return v, nil
		}
		return nil, noVersion(*stage)
	}
	v, ok := sec.versions[*id]
	if !ok {
		return nil, wire.Errorf("ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for VersionId: %s", *id)
	}
	if stage != nil && !slices.Contains(v.stages, *stage) {
		return nil, wire.Errorf("InvalidRequestException",
			"You provided a VersionStage that is not associated to the provided VersionId.")
	}
	return v, nil
}

func (s *Service) putValue(_ context.Context, in *api.PutSecretValueInput) (*api.PutSecretValueOutput, error) {
	sec, err := s.usable(in.SecretId)
	if err != nil {
		return nil, err
	}
	if in.SecretString == nil && in.SecretBinary == nil {
		return nil, wire.Errorf("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
	}
	v, err := s.put(sec, in.ClientRequestToken, in.SecretString, in.SecretBinary)
	if err != nil {
		return nil, err
	}
	return &api.PutSecretValueOutput{ARN: &sec.arn, Name: &sec.name, VersionId: &v.id, VersionStages: v.stages}, nil
}
