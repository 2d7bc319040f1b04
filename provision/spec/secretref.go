package spec

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// SplitSecret takes apart what a container's `valueFrom` has of a Secrets Manager secret: its
// ARN, and the key of a JSON secret behind it (ARN:KEY::), "" for the whole value. IAM and
// Secrets Manager know the ARN alone.
func SplitSecret(valueFrom string) (secret, key string) {
	parts := strings.Split(valueFrom, ":")
	const inARN = 7 // arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME
	if len(parts) <= inARN {
		return valueFrom, ""
	}
	return strings.Join(parts[:inARN], ":"), parts[inARN]
}

// IsParameter reports whether an ARN is that of a parameter of the Systems Manager Parameter Store.
func IsParameter(text string) bool {
	parsed, err := arn.Parse(text)
	return err == nil && parsed.Service == "ssm" && strings.HasPrefix(parsed.Resource, "parameter/")
}

// checkSecret returns an error unless value is where a container can get a secret from.
func checkSecret(what, value string) []error {
	parsed, err := arn.Parse(value)
	if err == nil && parsed.Service == "secretsmanager" && strings.HasPrefix(parsed.Resource, "secret:") ||
		IsParameter(value) {
		return nil
	}
	return []error{fmt.Errorf(
		"%s %q is not the ARN of a Secrets Manager secret (ARN:KEY:: for a key of a JSON secret) "+
			"or of an SSM parameter", what, value)}
}

// OwnSecret reports whether an ARN is that of the secret that bootstrap makes for the API key.
func (s Spec) OwnSecret(secret string) bool {
	_, name, _ := strings.Cut(secret, ":secret:")
	random, ok := strings.CutPrefix(name, s.Names.Secret+"-")
	return ok && len(random) == 6
}
