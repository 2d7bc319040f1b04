package fault

// Limits are what services answer when a quota of an account that no waiting raises is used up: a code, and words.
var Limits = map[string][2]string{
	"ec2": {"SecurityGroupLimitExceeded", "The maximum number of security groups has been reached."},
	"ecr": {"LimitExceededException",
		"The operation did not succeed because it would have exceeded a service limit for " +
			"your account."},
	"ecs":            {"LimitExceededException", "The limit for the resource has been exceeded."},
	"events":         {"LimitExceededException", "The requested resource exceeds the maximum number allowed."},
	"iam":            {"LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000"},
	"logs":           {"LimitExceededException", "Resource limit exceeded."},
	"s3":             {"TooManyBuckets", "You have attempted to create more buckets than allowed"},
	"secretsmanager": {"LimitExceededException", "You have exceeded the quota for secrets."},
}

// Limited reports whether a service has such quotas here.
func Limited(service string) bool {
	_, ok := Limits[service]
	return ok
}
