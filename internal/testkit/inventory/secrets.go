package inventory

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

type secret struct {
	Description, KMSKey, Value string
	ScheduledForDeletion       bool
	Tags                       []types.Tag
}

func (s *Source) readSecrets(ctx context.Context, snap *Snapshot) error {
	pages := secretsmanager.NewListSecretsPaginator(s.Secrets,
		&secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list secrets: %w", err)
		}
		for _, found := range page.SecretList {
			if err := s.readSecret(ctx, snap, found); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Source) readSecret(ctx context.Context, snap *Snapshot, found types.SecretListEntry) error {
	name := aws.ToString(found.Name)
	content := secret{
		Description: aws.ToString(found.Description), KMSKey: aws.ToString(found.KmsKeyId),
		ScheduledForDeletion: found.DeletedDate != nil, Tags: found.Tags,
	}
	// A secret that waits for its deletion does not give its value away.
	if !content.ScheduledForDeletion {
		value, err := s.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: found.ARN})
		if err != nil {
			return fmt.Errorf("failed to read secret %q: %w", name, err)
		}
		content.Value = aws.ToString(value.SecretString)
	}
	snap.Rename(aws.ToString(found.ARN), "<secret "+name+">")
	return snap.add(Secret, name, content)
}
