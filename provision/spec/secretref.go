package spec

import "strings"

// SplitSecret takes apart what a container's `valueFrom` has of a Secrets Manager secret: its
// ARN, and the key of a JSON secret behind it (ARN:KEY::), "" for the whole value. IAM and
// Secrets Manager know the ARN alone.
func SplitSecret(valueFrom string) (arn, key string) {
	parts := strings.Split(valueFrom, ":")
	const inARN = 7 // arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME
	if len(parts) <= inARN {
		return valueFrom, ""
	}
	return strings.Join(parts[:inARN], ":"), parts[inARN]
}
