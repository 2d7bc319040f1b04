package main

// service is one of AWS's, with the operations that ecsctl calls.
type service struct {
	name       string // as its package of the SDK is called
	folder     string // below internal/
	operations []string
}

// services is the list that everything else is made from. A call of an operation that is
// missing here does not compile: write it down and run `go generate ./tools/callsgen`.
var services = []service{
	{"cloudwatchlogs", "logscalls", []string{
		"CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups", "DescribeLogStreams", "FilterLogEvents",
		"GetLogEvents",
		"ListTagsForResource", "PutRetentionPolicy", "TagResource",
	}},
	{"ec2", "ec2calls", []string{
		"AuthorizeSecurityGroupEgress", "CreateSecurityGroup", "CreateTags", "DeleteSecurityGroup",
		"DescribeNetworkInterfaces", "DescribeRegions", "DescribeRouteTables", "DescribeSecurityGroups",
		"DescribeSubnets",
		"DescribeVpcEndpoints", "DescribeVpcs", "RevokeSecurityGroupIngress",
	}},
	{"ecr", "ecrcalls", []string{
		"CreateRepository", "DeleteRepository", "DescribeImages", "DescribeRepositories", "GetAuthorizationToken",
		"GetLifecyclePolicy", "ListTagsForResource", "PutImageScanningConfiguration", "PutImageTagMutability",
		"PutLifecyclePolicy", "TagResource",
	}},
	{"ecs", "ecscalls", []string{
		"CreateCapacityProvider", "CreateCluster", "CreateService", "DeleteCapacityProvider", "DeleteCluster",
		"DeleteService", "DeleteTaskDefinitions",
		"DeregisterTaskDefinition",
		"DescribeCapacityProviders", "DescribeClusters",
		"DescribeServices", "DescribeTaskDefinition", "DescribeTasks", "ListClusters", "ListServices",
		"ListTaskDefinitionFamilies", "ListTaskDefinitions", "ListTasks", "PutClusterCapacityProviders",
		"RegisterTaskDefinition", "RunTask", "StopTask", "TagResource", "UpdateCapacityProvider",
		"UpdateClusterSettings", "UpdateService",
	}},
	{"eventbridge", "eventscalls", []string{
		"DeleteRule", "DescribeRule", "ListTagsForResource", "ListTargetsByRule", "PutRule", "PutTargets",
		"RemoveTargets",
		"TagResource",
	}},
	{"iam", "iamcalls", []string{
		"AddRoleToInstanceProfile", "AttachRolePolicy", "CreateInstanceProfile", "CreateRole", "DeleteInstanceProfile",
		"DeleteRole", "DeleteRolePolicy", "DetachRolePolicy", "GetInstanceProfile", "GetRole",
		"GetRolePolicy",
		"ListAccountAliases", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies",
		"PutRolePermissionsBoundary",
		"PutRolePolicy", "RemoveRoleFromInstanceProfile",
		"SimulatePrincipalPolicy", "TagInstanceProfile", "TagRole", "UpdateAssumeRolePolicy",
	}},
	{"s3", "s3calls", []string{
		"CreateBucket", "DeleteBucket", "DeleteObjects", "GetBucketEncryption", "GetBucketLifecycleConfiguration",
		"GetBucketPolicy",
		"GetBucketTagging", "GetPublicAccessBlock", "ListObjectVersions", "PutBucketEncryption",
		"PutBucketLifecycleConfiguration",
		"PutBucketPolicy", "PutBucketTagging", "PutPublicAccessBlock",
	}},
	{"secretsmanager", "secretscalls", []string{
		"CreateSecret", "DeleteSecret", "DescribeSecret", "GetSecretValue", "ListSecrets", "PutSecretValue",
		"RestoreSecret",
		"TagResource",
	}},
	{"servicequotas", "quotascalls", []string{"GetAWSDefaultServiceQuota", "GetServiceQuota"}},
	{"sqs", "sqscalls", []string{
		"ChangeMessageVisibilityBatch", "CreateQueue", "DeleteMessageBatch", "DeleteQueue", "GetQueueAttributes",
		"GetQueueUrl", "ListQueueTags", "ReceiveMessage", "SetQueueAttributes", "TagQueue",
	}},
	{"ssm", "ssmcalls", []string{"GetParameter"}},
}
