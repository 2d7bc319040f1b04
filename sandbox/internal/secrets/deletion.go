package secrets

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/schemas"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleDeletion() {
	wire.HandleJSON(s.JSON, "DeleteSecret", schemas.DeleteSecretRequest, schemas.DeleteSecretResponse,
		"SecretId! RecoveryWindowInDays ForceDeleteWithoutRecovery", s.deleteSecret)
	wire.HandleJSON(s.JSON, "RestoreSecret", schemas.RestoreSecretRequest, schemas.RestoreSecretResponse, "SecretId!",
		s.restoreSecret)
}

func (s *Service) deleteSecret(_ context.Context, in *api.DeleteSecretInput) (*api.DeleteSecretOutput, error) {
	force := aws.ToBool(in.ForceDeleteWithoutRecovery)
	if force && in.RecoveryWindowInDays != nil {
		return nil, wire.Errorf("InvalidParameterException",
			"You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	}
	days := int64(30)
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
	}
	if days < 7 || days > 30 {
		return nil, wire.Errorf("InvalidParameterException",
			"The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
	}
	now := s.clock.Now()
	sec, err := s.find(in.SecretId)
	switch {
	case err != nil && force:
		return &api.DeleteSecretOutput{
			ARN: aws.String(s.newARN(*in.SecretId)), Name: in.SecretId, DeletionDate: &now,
		}, nil
	case err != nil:
		return nil, err
	case force:
		delete(s.secrets, sec.name)
		return &api.DeleteSecretOutput{ARN: &sec.arn, Name: &sec.name, DeletionDate: &now}, nil
	case sec.deleted != nil:
		return nil, wire.Errorf("InvalidRequestException",
			"You can't perform this operation on the secret because it was already scheduled for deletion.")
	}
	sec.deleted = &now
	sec.window = time.Duration(days) * 24 * time.Hour
	return &api.DeleteSecretOutput{ARN: &sec.arn, Name: &sec.name, DeletionDate: aws.Time(now.Add(sec.window))}, nil
}

func (s *Service) restoreSecret(_ context.Context, in *api.RestoreSecretInput) (*api.RestoreSecretOutput, error) {
	sec, err := s.find(in.SecretId)
	if err != nil {
		return nil, err
	}
	sec.deleted = nil
	return &api.RestoreSecretOutput{ARN: &sec.arn, Name: &sec.name}, nil
}
