package authz

import "crypto/rand"

var secretsRights = rights{
	"ListSecrets":    anything,
	"CreateSecret":   createSecret,
	"DescribeSecret": onSecret,
	"GetSecretValue": readSecret,
	"PutSecretValue": onSecret,
	"UpdateSecret":   onSecret,
	"DeleteSecret":   onSecret,
	"RestoreSecret":  onSecret,
	"TagResource":    onSecret,
	"UntagResource":  onSecret,
}

func createSecret(c *call) []need {
	name, tags := c.text("Name"), c.tags("Tags")
	facts := []fact{key("secretsmanager:Name", name), key("secretsmanager:Description", c.text("Description")),
		key("secretsmanager:KmsKeyId", c.text("KmsKeyId")), requestTags(tags)}
	var out []need
	for _, arn := range c.possibleARNs(name) {
		out = append(out, c.on(arn, facts...))
		if len(tags) > 0 {
			out = append(out, c.action("secretsmanager:TagResource", arn, requestTags(tags)))
		}
	}
	return out
}

// possibleARNs are those that a secret which is not there may be authorised by. AWS does
// not say whether that has the six random characters that it will get, so both must be
// allowed: what passes here passes there.
func (c *call) possibleARNs(name string) []string {
	plain := orARN(name, func(name string) string { return c.arn("secretsmanager", "secret:"+name) })
	return []string{plain, plain + "-" + rand.Text()[:6]}
}

func onSecret(c *call) []need {
	id := c.text("SecretId")
	facts := []fact{key("secretsmanager:SecretId", id), key("secretsmanager:VersionId", c.text("VersionId")),
		key("secretsmanager:VersionStage", c.text("VersionStage")),
		key("secretsmanager:Description", c.text("Description")),
		key("secretsmanager:KmsKeyId", c.text("KmsKeyId")),
		key("secretsmanager:RecoveryWindowInDays", c.text("RecoveryWindowInDays")),
		key("secretsmanager:ForceDeleteWithoutRecovery", c.text("ForceDeleteWithoutRecovery")),
		requestTags(c.tags("Tags")), tagKeys(c.texts("TagKeys"))}
	arn, tags, ok := c.Secrets.Facts(id)
	arns := []string{arn}
	if !ok {
		arns = c.possibleARNs(id)
	}
	var out []need
	for _, arn := range arns {
		n := c.on(arn, append(facts, resourceTags(tags, "secretsmanager:"))...)
		n.named = id // as it was asked for, as AWS has it
		out = append(out, n)
	}
	return out
}

func readSecret(c *call) []need {
	arn, _, _ := c.Secrets.Facts(c.text("SecretId"))
	return append(onSecret(c), c.decrypt(c.Secrets.Key(arn), "SecretARN", arn)...)
}
