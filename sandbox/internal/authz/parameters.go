package authz

import "ecsctl/sandbox/internal/policy"

var parametersRights = rights{
	"PutParameter": onParameter, "GetParameter": readParameter, "DeleteParameter": onParameter,
}

func onParameter(c *call) []need {
	arn, _ := c.SSM.Facts(c.text("Name"))
	return []need{c.on(arn)}
}

func readParameter(c *call) []need {
	arn, key := c.SSM.Facts(c.text("Name"))
	return append([]need{c.on(arn)}, c.decrypt(key, "PARAMETER_ARN", arn)...)
}

// decrypt is what a value under a customer's KMS key takes besides (Secrets Manager User Guide, "Secret
// encryption and decryption"; Systems Manager, "AWS KMS encryption for SecureString parameters"): AWS's own keys
// let in everybody who may read the value.
func (c *call) decrypt(key, encryptionContext, arn string) []need {
	resource, facts := policy.CustomerKey(c.Partition, c.Region, c.ID, key, encryptionContext, arn)
	if resource == "" {
		return nil
	}
	n := c.action("kms:Decrypt", resource)
	n.context = facts
	return []need{n}
}
