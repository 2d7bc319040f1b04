package iam

// awsManaged are the AWS managed policies that exist here: what they allow, or "" where
// only the name is known. Source: AWS Managed Policy Reference.
var awsManaged = map[string]string{
	"AdministratorAccess":                                  statementAll(`"Action": "*"`),
	"AmazonEC2ContainerRegistryPullOnly":                   statementAll(`"Action": ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchImportUpstreamImage"]`),
	"AmazonEC2ContainerRegistryReadOnly":                   statementAll(`"Action": ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:GetRepositoryPolicy", "ecr:DescribeRepositories", "ecr:ListImages", "ecr:DescribeImages", "ecr:BatchGetImage", "ecr:GetLifecyclePolicy", "ecr:GetLifecyclePolicyPreview", "ecr:ListTagsForResource", "ecr:DescribeImageScanFindings"]`),
	"AmazonECSInfrastructureRolePolicyForManagedInstances": passInstanceRole,
	"AmazonECSInstanceRolePolicyForManagedInstances":       statementAll(`"Action": ["ecs:DiscoverPollEndpoint", "ecs:RegisterContainerInstance", "ecs:Poll", "ecs:StartTelemetrySession", "ecs:PutSystemLogEvents", "ecs:SubmitAttachmentStateChanges", "ecs:SubmitContainerStateChange", "ecs:SubmitTaskStateChange"]`),
	"AmazonECS_FullAccess":                                 "",
	"AmazonS3ReadOnlyAccess":                               statementAll(`"Action": ["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"]`),
	"AmazonSQSFullAccess":                                  statementAll(`"Action": "sqs:*"`),
	"AmazonSSMManagedInstanceCore":                         "",
	"AmazonSSMReadOnlyAccess":                              statementAll(`"Action": ["ssm:Describe*", "ssm:Get*", "ssm:List*"]`),
	"CloudWatchAgentServerPolicy":                          "",
	"CloudWatchLogsFullAccess":                             statementAll(`"Action": ["logs:*", "cloudwatch:GenerateQuery", "cloudwatch:GenerateQueryResultsSummary"]`),
	"PowerUserAccess": `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
		{"Effect": "Allow", "Action": ["account:GetAccountInformation", "account:GetPrimaryEmail", "account:ListRegions", "iam:CreateServiceLinkedRole",
			"iam:DeleteServiceLinkedRole", "iam:ListRoles", "organizations:DescribeEffectivePolicy", "organizations:DescribeOrganization"], "Resource": "*"}]}`,
	"ReadOnlyAccess":                                   "",
	"SecretsManagerReadWrite":                          "",
	"job-function/ViewOnlyAccess":                      "",
	"service-role/AmazonEC2ContainerServiceEventsRole": "",
	"service-role/AmazonEC2ContainerServiceforEC2Role": "",
	"service-role/AmazonECSTaskExecutionRolePolicy":    statementAll(`"Action": ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "logs:CreateLogStream", "logs:PutLogEvents"]`),
}

// passInstanceRole is what the infrastructure role of Managed Instances may pass to EC2. The rest of that policy is
// about EC2 instances and launch templates, which are not here.
const passInstanceRole = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PassRole",
	"Resource": "arn:*:iam::*:role/ecsInstanceRole*",
	"Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}]}`

// statementAll is a policy that allows actions on everything.
func statementAll(actions string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", ` + actions + `, "Resource": "*"}]}`
}
