package provision

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/internal/awserr"
)

// limitCodes say that a quota of the account is used up, which no waiting changes. The SDK takes
// LimitExceededException for throttling.
var limitCodes = []string{"LimitExceededException", "LimitExceeded", "SecurityGroupLimitExceeded",
	"RulesPerSecurityGroupLimitExceeded", "SecurityGroupsPerInterfaceLimitExceeded", "TooManyBuckets"}

// quotaNames are the names that Service Quotas has for what the calls of ecsctl use up.
var quotaNames = map[string]string{
	"ec2:AuthorizeSecurityGroupEgress": "Inbound or outbound rules per security group",
	"ec2:CreateSecurityGroup":          "VPC security groups per Region",
	"ecr:CreateRepository":             "Registered repositories",
	"ecs:CreateCluster":                "Clusters per account",
	"ecs:CreateService":                "Services per cluster",
	"ecs:RegisterTaskDefinition":       "Revisions per task definition family",
	"events:PutRule":                   "Number of rules",
	"events:PutTargets":                "Targets per rule",
	"iam:AttachRolePolicy":             "Managed policies per role",
	"iam:CreateRole":                   "Roles per account",
	"iam:PutRolePolicy":                "Role inline policy size",
	"logs:CreateLogGroup":              "Log groups",
	"s3:CreateBucket":                  "General purpose buckets",
	"secretsmanager:CreateSecret":      "Secrets per Region",
}

var serviceNames = map[string]string{"ec2": "Amazon VPC", "ecr": "Amazon ECR", "ecs": "Amazon ECS",
	"events": "Amazon " +
		"EventBridge", "iam": "IAM", "logs": "Amazon CloudWatch Logs", "s3": "Amazon S3",
	"secretsmanager": "AWS Secrets Manager"}

func serviceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	if name, ok := serviceNames[service]; ok {
		return name
	}
	return service
}

// usedUp is the quota that a refused call met; "" is none.
func usedUp(action, code string) string {
	if !slices.Contains(limitCodes, code) {
		return ""
	}
	if name, ok := quotaNames[action]; ok {
		return name
	}
	return "of " + action
}

// final repeats no call that a used-up quota refuses.
type final struct{ aws.RetryerV2 }

// IsErrorRetryable implements aws.Retryer.
func (f final) IsErrorRetryable(err error) bool {
	return !awserr.HasCode(err, limitCodes...) && f.RetryerV2.IsErrorRetryable(err)
}

// noWait has a client not wait for what no waiting changes.
func noWait(retryer aws.Retryer) aws.Retryer {
	if v2, ok := retryer.(aws.RetryerV2); ok {
		return final{v2}
	}
	return retryer
}
