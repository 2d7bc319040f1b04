package diagnose

import "slices"

// awsRules is the table: the order matters.
var awsRules = slices.Concat(spaceRules, volumeRules, imageRules, secretRules, logDriverRules, roleRules,
	networkRules, launchRules, hostRules, startRules, generalRules)

// wayOut is what most tasks lack that cannot reach anything.
const wayOut = "give the task a way out: a public IP in a subnet with an internet gateway (assignPublicIp ENABLED), " +
	"or a NAT gateway, or VPC endpoints for " +
	"ecr.api, ecr.dkr, s3, logs and secretsmanager; its security group must allow HTTPS out"

// unreachable is how Go's network errors and ECS's own sentences tell of a connection
// that was not made; long reasons are cut off, so that only the beginning may be there.
const unreachable = `i/o timeout|request canceled|requestcanceled|context (deadline exceeded|canceled)|no such host|network is unreachable|connection (refused|issue)|` +
	`send request failed|check your (task )?network configuration`

var imageRules = []rule{
	when(`descriptor matching platform|no match(ing manifest)? for (platform|linux/|current platform)`,
		"the image is not built for the CPU architecture of the task",
		"build it for that one (docker build --platform linux/amd64, or linux/arm64), or set "+
			"runtimePlatform.cpuArchitecture in the task definition to the image's (X86_64 or ARM64)",
		"image", "task_definition"),
	when(`toomanyrequests|too many requests|pull rate limit`,
		"the registry limits pulls, as Docker Hub does for anonymous ones",
		"try again later, pull from ECR (a pull-through cache does it for Docker Hub), or log in with "+
			"repositoryCredentials in the task definition",
		"image"),
	when(`pull access denied|may require authorization|authorization failed`,
		"the registry has no such image, or it is private",
		"check the image's name and tag; for a private one name a secret in repositoryCredentials of the task "+
			"definition",
		"image"),
	when(
		`cannotpull.*(403 forbidden|no basic auth credentials|accessdenied)|not authorized to perform: ecr:|role has the permissions to pull`,
		"the image may not be pulled: the execution role has no right to, the repository's policy denies it, or the "+
			"image with that digest is gone",
		"attach service-role/AmazonECSTaskExecutionRolePolicy to the execution role, allow this account in the "+
			"repository's policy if it belongs to another, and check that the image is there",
		"execution_role_arn", "image"),
	when(
		`manifest unknown|manifest for .*not found|cannotpull.*not found|repository .*(does not exist|not found)|invalid reference format|name unknown`,
		"the image does not exist",
		"check its name, tag and digest, and that it was pushed to this registry and region",
		"image"),
	when(`cannotpull.*\b50[0-9] [a-z]|cannotpull.*: (eof|unexpected eof)`,
		"the registry failed while the image was pulled",
		"try again; an image in ECR does not depend on a public registry",
		"image"),
	when(`cannotpull.*(`+unreachable+`)|\becr\b.*(`+unreachable+`)`,
		"the task could not reach the image's registry",
		wayOut, "vpc_id", "network_configuration"),
}

var secretRules = []rule{
	when(`did not contain json key`,
		"the secret has no such key",
		"name a key that the secret has, or leave out the key after the ARN and store the value itself as plain text",
		"prefect_api_key_secret_arn"),
	when(`invalid character .*(looking for|in string|after)|unable to parse secret|invalid character in the secret`,
		"the secret is not the JSON document that its reference expects",
		"store it as key/value pairs, or leave out the key after the ARN to use the whole value as plain text",
		"prefect_api_key_secret_arn"),
	when(`access to kms is not allowed|not authorized to perform: kms:`,
		"the execution role may not decrypt the secret",
		"allow kms:Decrypt on the key of the secret, in the role's policy and in the key's",
		"execution_role_arn"),
	when(`not authorized to perform: (secretsmanager|ssm):`,
		"the execution role may not read the secret",
		"allow secretsmanager:GetSecretValue (ssm:GetParameters for a parameter) on its ARN in a policy of the "+
			"execution role",
		"execution_role_arn"),
	when(`(can't|cannot) find the specified secret|marked for deletion|invalid ssm parameters|parameternotfound`,
		"the secret does not exist",
		"check its ARN to the last six characters, which change when a secret is created again, and its region",
		"prefect_api_key_secret_arn"),
	when(`(secret|registry auth|ssm|asm|systems manager).*(`+unreachable+`)`,
		"the task could not reach the AWS services that it gets its secrets and its login from",
		wayOut, "vpc_id", "network_configuration"),
}

var logDriverRules = []rule{
	when(`(cloudwatch|log).*(`+unreachable+`)`,
		"the task could not reach CloudWatch Logs",
		wayOut, "vpc_id", "network_configuration"),
	when(`log group does not exist`,
		"the log group of the container does not exist",
		"create it, or set the log option awslogs-create-group to true and allow logs:CreateLogGroup to the "+
			"execution role",
		"cloudwatch_logs_options"),
	when(`not authorized to perform: logs:|failed to create cloudwatch log.*accessdenied`,
		"the execution role may not write to CloudWatch Logs",
		"allow logs:CreateLogStream and logs:PutLogEvents on the log group, and logs:CreateLogGroup with "+
			"awslogs-create-group",
		"execution_role_arn"),
	when(`failed to (validate logger args|initialize logging driver)|error (initializing|creating) .*log`,
		"the log driver of the container could not be set up",
		"check logConfiguration in the task definition: group, region and the execution role's rights",
		"cloudwatch_logs_options"),
}
