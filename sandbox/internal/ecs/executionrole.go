package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/sandbox/internal/policy"
	"ecsctl/sandbox/internal/wire"
)

func executionRole(t *task) string {
	if o := t.api.Overrides; o.ExecutionRoleArn != nil {
		return *o.ExecutionRoleArn
	}
	return aws.ToString(t.definition.api.ExecutionRoleArn)
}

// mayExecute asks whether the execution role of a task lets ECS do something for it.
func (s *Service) mayExecute(t *task, action, resource string, facts policy.Context) error {
	if !s.cfg.EnforceIAM {
		return nil
	}
	if facts == nil {
		facts = policy.Context{}
	}
	facts.Set("aws:RequestedRegion", s.cfg.Region)
	facts.Set("aws:ResourceAccount", s.cfg.Account)
	facts.Set("aws:SecureTransport", "true")
	role := s.peers.IAM.SessionOf(executionRole(t), t.id())
	d := s.peers.IAM.Decide(role, policy.Request{Action: action, Resource: resource, Context: facts}, nil)
	if d.Allowed {
		return nil
	}
	return wire.Errorf("AccessDeniedException", "%s", d.Refusal(role, action, resource))
}

// mayReadSecret asks for the right to a secret, by its ARN.
func (s *Service) mayReadSecret(t *task, id string) error {
	facts := policy.Context{}
	arn, tags, ok := s.peers.Secrets.Facts(id)
	if !ok {
		arn = id
	}
	facts.Set("secretsmanager:SecretId", arn)
	for k, v := range tags {
		facts.Set("aws:ResourceTag/"+k, v)
		facts.Set("secretsmanager:ResourceTag/"+k, v)
	}
	if err := s.mayExecute(t, "secretsmanager:GetSecretValue", arn, facts); err != nil {
		return err
	}
	return s.mayDecrypt(t, s.peers.Secrets.Key(id), "SecretARN", arn)
}

// mayDecrypt asks for the right to the customer's KMS key of a value, if it has one.
func (s *Service) mayDecrypt(t *task, key, encryptionContext, arn string) error {
	resource, facts := policy.CustomerKey(s.cfg.Partition, s.cfg.Region, s.cfg.Account, key, encryptionContext, arn)
	if resource == "" {
		return nil
	}
	return s.mayExecute(t, "kms:Decrypt", resource, facts)
}

// mayLog asks for the right to do something to a log stream.
func (s *Service) mayLog(t *task, action, group, stream string) error {
	facts := policy.Context{}
	for k, v := range s.peers.Logs.Tags(group) {
		facts.Set("aws:ResourceTag/"+k, v)
	}
	arn := fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s:log-stream:%s", s.cfg.Partition, s.cfg.Region, s.cfg.Account,
		group, stream)
	return s.mayExecute(t, action, arn, facts)
}
