package policy

import "strings"

// CustomerKey is what kms:Decrypt is asked for on behalf of who reads a value that is encrypted with a
// customer's key: the key's ARN and what the request has for conditions. The ARN is "" for AWS's own keys.
func CustomerKey(partition, region, account, id, encryptionContext, arn string) (string, Context) {
	switch {
	case id == "", strings.Contains(id, "alias/aws/"):
		return "", nil
	case !strings.HasPrefix(id, "arn:"):
		if !strings.HasPrefix(id, "alias/") {
			id = "key/" + id
		}
		id = strings.Join([]string{"arn", partition, "kms", region, account, id}, ":")
	}
	facts := Context{}
	if before, alias, ok := strings.Cut(id, ":alias/"); ok {
		facts.Set("kms:ResourceAliases", "alias/"+alias)
		id = before + ":key/" + alias // KMS knows the key behind it, and policies never match an alias
	}
	facts.Set("kms:EncryptionContext:"+encryptionContext, arn)
	facts.Set("kms:EncryptionContextKeys", encryptionContext)
	return id, facts
}
