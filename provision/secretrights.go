package provision

import (
	"slices"
	"strings"

	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// rightsToRead are the values of a policy that lets its role read secrets and parameters: their ARNs,
// and the KMS keys that those which others made may be under. Which key that is nobody has to know:
// a key decrypts only what was encrypted with the same context, which has the ARN.
func (w *world) rightsToRead(prefix string, arns []string) map[string]any {
	secrets, parameters, encrypted, secretKeys, parameterKeys := []string{}, []string{}, []string{},
		[]string{}, []string{}
	anyKey := strings.Join([]string{"arn", w.id.Partition, "kms", "*", "*", "key/*"}, ":")
	for _, arn := range arns {
		switch {
		case spec.IsParameter(arn):
			parameters, parameterKeys = append(parameters, arn), []string{anyKey}
		default:
			secrets = append(secrets, arn)
			if !w.keepsSecret(arn) { // ours is under AWS's own key
				encrypted, secretKeys = append(encrypted, arn), []string{anyKey}
			}
		}
	}
	return map[string]any{prefix + "Secrets": secrets, prefix + "Parameters": parameters,
		prefix + "EncryptedSecrets": encrypted, prefix + "SecretKeys": secretKeys,
		prefix + "ParameterKeys": parameterKeys}
}

// secretARN is what IAM knows of the `valueFrom` of a container: the ARN without the key of a JSON
// secret, and that of a parameter where its name stands alone.
func (w *world) secretARN(valueFrom string) string {
	if !spec.IsARN(valueFrom) {
		return w.id.arn("ssm", "parameter/"+strings.TrimPrefix(valueFrom, "/"))
	}
	arn, _ := spec.SplitSecret(valueFrom)
	return secretPattern(arn)
}

// keepsSecret reports whether a pattern is of a secret that bootstrap makes.
func (w *world) keepsSecret(pattern string) bool {
	name := w.spec.Names.Secret
	own := w.id.arn("secretsmanager", "secret:"+name+secretSuffix)
	return pattern == own || pattern == w.id.arn("secretsmanager", "secret:"+authStringSecretName(name)+secretSuffix)
}

// withoutKeys leaves out the KMS keys: nobody can say whether a role that is adopted needs one.
func withoutKeys(statements []templates.Statement) []templates.Statement {
	return slices.DeleteFunc(statements, func(s templates.Statement) bool { return s.Action[0] == "kms:Decrypt" })
}
