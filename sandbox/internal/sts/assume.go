package sts

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"ecsctl/sandbox/internal/policy"
	"ecsctl/sandbox/internal/wire"
)

// Bounds of DurationSeconds.
const (
	shortest        = 900
	longest         = 43200
	defaultDuration = 3600
)

var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

type assumeRoleInput struct {
	RoleArn         string `query:"RoleArn,required"`
	RoleSessionName string `query:"RoleSessionName,required"`
	DurationSeconds int
	ExternalID      string `query:"ExternalId"`
	Policy          string // limits the session
	SerialNumber    string
	TokenCode       string
}

type assumeRoleAnswer struct {
	Credentials     credentials
	AssumedRoleUser assumedRoleUser
}

type credentials struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

type assumedRoleUser struct {
	AssumedRoleID string `xml:"AssumedRoleId"`
	Arn           string
}

func (s *Service) assumeRole(ctx context.Context, in *assumeRoleInput) (*assumeRoleAnswer, error) {
	if !sessionName.MatchString(in.RoleSessionName) {
		return nil, wire.Errorf("ValidationError",
			`1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`, in.RoleSessionName)
	}
	if in.DurationSeconds == 0 {
		in.DurationSeconds = defaultDuration
	}
	if in.DurationSeconds < shortest || in.DurationSeconds > longest {
		return nil, wire.Errorf("ValidationError", "1 validation error detected: Value '%d' at 'durationSeconds' "+
			"failed to satisfy constraint: Member must have value between %d and %d", in.DurationSeconds,
			shortest, longest)
	}
	known := policy.Context{}
	known.Set("sts:RoleSessionName", in.RoleSessionName)
	if err := s.takeCode(in.SerialNumber, in.TokenCode); err != nil {
		return nil, err
	}
	if in.TokenCode != "" {
		known.Set("aws:MultiFactorAuthPresent", "true")
	}
	if in.ExternalID != "" {
		known.Set("sts:ExternalId", in.ExternalID)
	}
	caller := s.caller(ctx)
	if d := s.cfg.IAM.MayAssume(caller, in.RoleArn, known); !d.Allowed {
		return nil, wire.WithStatus(http.StatusForbidden, "AccessDenied", "%s",
			d.Refusal(caller, "sts:AssumeRole", in.RoleArn))
	}
	if limit := s.cfg.IAM.MaxSession(in.RoleArn); in.DurationSeconds > limit {
		return nil, wire.Errorf("ValidationError",
			"The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	if in.Policy != "" {
		if _, err := policy.Parse(in.Policy); err != nil {
			return nil, wire.Errorf("MalformedPolicyDocument", "%v", err)
		}
	}
	session := s.assume(in.RoleArn, in.RoleSessionName, time.Duration(in.DurationSeconds)*time.Second)
	session.principal.SessionPolicy = in.Policy
	return &assumeRoleAnswer{
		credentials{session.Key, session.Secret, session.Token, session.Expires.UTC().Format(time.RFC3339)},
		assumedRoleUser{session.principal.ID, session.principal.ARN},
	}, nil
}
