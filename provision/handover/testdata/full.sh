#!/usr/bin/env bash
# AWS CLI script: what ecsctl bootstrap makes in AWS for the Prefect work pool "etl", for account
# 123456789012 and region eu-west-1. Made by ecsctl export, from the same settings.
# Used as it is: vpc vpc-0123456789abcdef0
# Used as it is: subnet subnet-00000000000000001 (eu-west-1a, public)
# Used as it is: subnet subnet-00000000000000002 (eu-west-1b, public)
# Used as it is: subnet subnet-00000000000000003 (eu-west-1c, public)
set -euo pipefail

export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 AWS_PAGER=
if [[ $(aws sts get-caller-identity --query Account --output text) != 123456789012 ]]; then
  echo "this is not account 123456789012, which the names below are of" >&2
  exit 1
fi
if [[ -z ${PREFECT_API_KEY:-} ]]; then
  read -rsp 'PREFECT_API_KEY, which is not shown: ' PREFECT_API_KEY
  echo >&2
fi
if [[ -z ${PREFECT_API_AUTH_STRING:-} ]]; then
  read -rsp 'PREFECT_API_AUTH_STRING, which is not shown: ' PREFECT_API_AUTH_STRING
  echo >&2
fi

# A role or a group that is new is not seen everywhere at once: again asks for two minutes.
again() {
  local try
  for try in {1..24}; do
    if "$@"; then return; fi
    if ((try < 24)); then sleep 5; fi
  done
  return 1
}

# Step 1: the work pool. AWS has no part in it; once all below is made, ecsctl finds it as its own
# and makes the pool, with the cluster, network and roles as its defaults:
#
#   ecsctl bootstrap --pool etl --yes

# Prerequisites: a cluster, and a way out for its tasks.

# The cluster.
aws ecs create-cluster \
  --capacity-providers '["FARGATE","FARGATE_SPOT"]' \
  --cluster-name default \
  --settings '[{"name":"containerInsights","value":"enhanced"}]' \
  --tags '[{"key":"ecsctl:pool","value":"etl"},{"key":"ecsctl:version","value":"test"},{"key":"team","value":"data team"}]' >/dev/null

# The security group of worker and flow runs: out, and nothing in.
security_group_id=$(aws ec2 create-security-group \
  --description 'Prefect worker and flow runs, egress only. Made by ecsctl' \
  --group-name prefect-etl \
  --tag-specifications '[{"ResourceType":"security-group","Tags":[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]}]' \
  --vpc-id vpc-0123456789abcdef0 \
  --query GroupId --output text)

# Step 2: the roles. The guide's one role may not launch flow runs, so that the worker has another.

# The worker's execution role, by which ECS starts it.
aws iam create-role \
  --assume-role-policy-document '{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"}}],"Version":"2012-10-17"}' \
  --description 'Made by ecsctl for the Prefect work pool etl' \
  --role-name prefect-etl-eu-west-1-execution \
  --tags '[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]' >/dev/null
aws iam attach-role-policy \
  --policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy \
  --role-name prefect-etl-eu-west-1-execution >/dev/null
aws iam put-role-policy \
  --policy-document '{"Statement":[{"Action":"secretsmanager:GetSecretValue","Effect":"Allow","Resource":["arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect/etl/api-key-??????","arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect/etl/api-auth-string-??????"],"Sid":"ReadPrefectCredentials"}],"Version":"2012-10-17"}' \
  --policy-name prefect-secrets \
  --role-name prefect-etl-eu-west-1-execution >/dev/null
aws iam wait role-exists --role-name prefect-etl-eu-west-1-execution

# The worker's task role, by which it launches flow runs.
aws iam create-role \
  --assume-role-policy-document '{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"}}],"Version":"2012-10-17"}' \
  --description 'Made by ecsctl for the Prefect work pool etl' \
  --role-name prefect-etl-eu-west-1-worker \
  --tags '[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]' >/dev/null
aws iam put-role-policy \
  --policy-document '{"Statement":[{"Action":"ecs:RegisterTaskDefinition","Condition":{"ForAllValues:StringEquals":{"ecs:compute-compatibility":"FARGATE"},"Null":{"ecs:compute-compatibility":"false"},"StringNotEquals":{"ecs:privileged":"true"}},"Effect":"Allow","Resource":"arn:aws:ecs:eu-west-1:123456789012:task-definition/prefect_etl_????????-????-????-????-????????????:*","Sid":"RegisterFlowRunTaskDefinitions"},{"Action":"ecs:RegisterTaskDefinition","Condition":{"ForAllValues:StringEquals":{"ecs:compute-compatibility":"FARGATE"},"Null":{"ecs:compute-compatibility":"false"},"StringNotEquals":{"ecs:privileged":"true"}},"Effect":"Allow","NotResource":"arn:aws:ecs:*:*:task-definition/*","Sid":"RegisterWhereAWSNamesNone"},{"Action":["ecs:DescribeTaskDefinition","ecs:ListTaskDefinitions","ecs:DeregisterTaskDefinition"],"Effect":"Allow","Resource":"*","Sid":"ReadAndRetireTaskDefinitions"},{"Action":"ecs:RunTask","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:eu-west-1:123456789012:cluster/default"},"StringNotEquals":{"ecs:enable-execute-command":"true"}},"Effect":"Allow","Resource":"arn:aws:ecs:eu-west-1:123456789012:task-definition/prefect_etl_????????-????-????-????-????????????:*","Sid":"RunFlowRunTasks"},{"Action":["ecs:DescribeTasks","ecs:StopTask"],"Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:eu-west-1:123456789012:cluster/default"}},"Effect":"Allow","Resource":"arn:aws:ecs:eu-west-1:123456789012:task/default/*","Sid":"WatchAndStopTasks"},{"Action":"ecs:ListTasks","Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:eu-west-1:123456789012:cluster/default"}},"Effect":"Allow","Resource":"*","Sid":"FindTasksOfOtherWorkers"},{"Action":"ecs:TagResource","Condition":{"StringEquals":{"ecs:CreateAction":["RegisterTaskDefinition","RunTask"]}},"Effect":"Allow","Resource":["arn:aws:ecs:eu-west-1:123456789012:task/default/*","arn:aws:ecs:eu-west-1:123456789012:task-definition/prefect_etl_????????-????-????-????-????????????:*"],"Sid":"TagWhatIsCreated"},{"Action":"iam:PassRole","Condition":{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}},"Effect":"Allow","Resource":["arn:aws:iam::123456789012:role/prefect-etl-eu-west-1-flow","arn:aws:iam::123456789012:role/prefect-etl-eu-west-1-flow-exec"],"Sid":"PassFlowRunRoles"},{"Action":["ec2:DescribeSubnets","ec2:DescribeVpcs"],"Condition":{"StringEquals":{"ec2:Region":"eu-west-1"}},"Effect":"Allow","Resource":"*","Sid":"ReadNetworks"},{"Action":"logs:GetLogEvents","Effect":"Allow","Resource":"arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/prefect/etl:log-stream:*","Sid":"ReadFlowRunLogs"},{"Action":["sqs:GetQueueUrl","sqs:ReceiveMessage","sqs:DeleteMessage","sqs:ChangeMessageVisibility"],"Effect":"Allow","Resource":"arn:aws:sqs:eu-west-1:123456789012:prefect-etl","Sid":"ReadTaskChanges"},{"Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Effect":"Allow","Resource":"*","Sid":"LetECSExecIn"}],"Version":"2012-10-17"}' \
  --policy-name prefect-worker \
  --role-name prefect-etl-eu-west-1-worker >/dev/null
aws iam wait role-exists --role-name prefect-etl-eu-west-1-worker

# The flow runs' task role: what a flow may do in AWS.
aws iam create-role \
  --assume-role-policy-document '{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"}}],"Version":"2012-10-17"}' \
  --description 'Made by ecsctl for the Prefect work pool etl' \
  --role-name prefect-etl-eu-west-1-flow \
  --tags '[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]' >/dev/null
aws iam attach-role-policy \
  --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess \
  --role-name prefect-etl-eu-west-1-flow >/dev/null
aws iam wait role-exists --role-name prefect-etl-eu-west-1-flow

# The flow runs' execution role, by which ECS starts them.
aws iam create-role \
  --assume-role-policy-document '{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"}}],"Version":"2012-10-17"}' \
  --description 'Made by ecsctl for the Prefect work pool etl' \
  --role-name prefect-etl-eu-west-1-flow-exec \
  --tags '[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]' >/dev/null
aws iam put-role-policy \
  --policy-document '{"Statement":[{"Action":"ecr:GetAuthorizationToken","Effect":"Allow","Resource":"*","Sid":"SignInToRegistry"},{"Action":["ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],"Effect":"Allow","Resource":"arn:aws:ecr:*:123456789012:repository/*","Sid":"PullFlowImages"},{"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Effect":"Allow","Resource":"arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/prefect/etl:*","Sid":"WriteLogs"},{"Action":"secretsmanager:GetSecretValue","Effect":"Allow","Resource":["arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect/etl/api-auth-string-??????","arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect/etl/api-key-??????"],"Sid":"ReadPrefectCredentials"}],"Version":"2012-10-17"}' \
  --policy-name prefect-flow-execution \
  --role-name prefect-etl-eu-west-1-flow-exec >/dev/null
aws iam wait role-exists --role-name prefect-etl-eu-west-1-flow-exec

# Step 2: what the worker's task needs.

# The log group of worker and flow runs.
aws logs create-log-group \
  --log-group-name /ecs/prefect/etl \
  --tags '{"ecsctl:pool":"etl","ecsctl:version":"test","team":"data team"}' >/dev/null
aws logs put-retention-policy \
  --log-group-name /ecs/prefect/etl \
  --retention-in-days 30 >/dev/null

# The secret with the Prefect API key, as plain text.
api_key_secret_arn=$(printf %s "$PREFECT_API_KEY" | aws secretsmanager create-secret \
  --description 'PREFECT_API_KEY of a Prefect worker, made by ecsctl' \
  --name prefect/etl/api-key \
  --secret-string file:///dev/stdin \
  --tags '[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]' \
  --query ARN --output text)

# The secret with the Prefect auth string, as plain text.
auth_string_secret_arn=$(printf %s "$PREFECT_API_AUTH_STRING" | aws secretsmanager create-secret \
  --description 'PREFECT_API_AUTH_STRING of a Prefect worker, made by ecsctl' \
  --name prefect/etl/api-auth-string \
  --secret-string file:///dev/stdin \
  --tags '[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]' \
  --query ARN --output text)

# The queue of messages that no worker could handle.
aws sqs create-queue \
  --attributes '{"MessageRetentionPeriod":"1209600"}' \
  --queue-name prefect-etl-dead-letter \
  --tags '{"ecsctl:pool":"etl","ecsctl:version":"test","team":"data team"}' >/dev/null

# The observer's queue, by which workers hear of tasks that change.
aws sqs create-queue \
  --attributes '{"MessageRetentionPeriod":"604800","Policy":"{\"Statement\":[{\"Action\":\"sqs:SendMessage\",\"Condition\":{\"ArnEquals\":{\"aws:SourceArn\":\"arn:aws:events:eu-west-1:123456789012:rule/prefect-etl\"}},\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"events.amazonaws.com\"},\"Resource\":\"arn:aws:sqs:eu-west-1:123456789012:prefect-etl\",\"Sid\":\"TakeTaskChanges\"}],\"Version\":\"2012-10-17\"}","RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-west-1:123456789012:prefect-etl-dead-letter\",\"maxReceiveCount\":5}","VisibilityTimeout":"300"}' \
  --queue-name prefect-etl \
  --tags '{"ecsctl:pool":"etl","ecsctl:version":"test","team":"data team"}' >/dev/null

# The rule that sends the changes of the pool's tasks to the queue.
aws events put-rule \
  --description 'ECS task changes of the Prefect work pool etl. Made by ecsctl' \
  --event-pattern '{"detail":{"clusterArn":["arn:aws:ecs:eu-west-1:123456789012:cluster/default"],"group":[{"anything-but":{"prefix":"service:"}}],"taskDefinitionArn":[{"wildcard":"arn:aws:ecs:eu-west-1:123456789012:task-definition/prefect_etl_*:*"}]},"detail-type":["ECS Task State Change"],"source":["aws.ecs"]}' \
  --name prefect-etl \
  --state ENABLED \
  --tags '[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]' >/dev/null
aws events put-targets \
  --rule prefect-etl \
  --targets '[{"Arn":"arn:aws:sqs:eu-west-1:123456789012:prefect-etl","Id":"queue"}]' >/dev/null

# The repository of the flows' images.
aws ecr create-repository \
  --image-scanning-configuration '{"scanOnPush":true}' \
  --image-tag-mutability IMMUTABLE \
  --repository-name prefect/etl/flows \
  --tags '[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]' >/dev/null
aws ecr put-lifecycle-policy \
  --lifecycle-policy-text '{"rules":[{"action":{"type":"expire"},"description":"What has no tag was left by a push that was broken off","rulePriority":1,"selection":{"countNumber":1,"countType":"sinceImagePushed","countUnit":"days","tagStatus":"untagged"}}]}' \
  --repository-name prefect/etl/flows >/dev/null

# The bucket of bundles and results.
aws s3api create-bucket \
  --bucket prefect-bundles-123456789012-eu-west-1-etl \
  --create-bucket-configuration '{"LocationConstraint":"eu-west-1","Tags":[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]}' >/dev/null
aws s3api put-bucket-encryption \
  --bucket prefect-bundles-123456789012-eu-west-1-etl \
  --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}' >/dev/null
aws s3api put-bucket-lifecycle-configuration \
  --bucket prefect-bundles-123456789012-eu-west-1-etl \
  --lifecycle-configuration '{"Rules":[{"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":7},"Expiration":{"Days":90},"Filter":{"Prefix":""},"ID":"ecsctl","Status":"Enabled"}]}' >/dev/null
again aws s3api put-bucket-policy \
  --bucket prefect-bundles-123456789012-eu-west-1-etl \
  --policy '{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/prefect-etl-eu-west-1-flow"},"Resource":"arn:aws:s3:::prefect-bundles-123456789012-eu-west-1-etl/*","Sid":"ReadBundles"},{"Action":"s3:PutObject","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/prefect-etl-eu-west-1-flow"},"Resource":"arn:aws:s3:::prefect-bundles-123456789012-eu-west-1-etl/results/*","Sid":"KeepResults"},{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*","Resource":["arn:aws:s3:::prefect-bundles-123456789012-eu-west-1-etl","arn:aws:s3:::prefect-bundles-123456789012-eu-west-1-etl/*"],"Sid":"EncryptedInTransit"}],"Version":"2012-10-17"}' >/dev/null
aws s3api put-public-access-block \
  --bucket prefect-bundles-123456789012-eu-west-1-etl \
  --public-access-block-configuration '{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}' >/dev/null

# The repository of the worker's image.
repository_uri=$(aws ecr create-repository \
  --image-scanning-configuration '{"scanOnPush":true}' \
  --image-tag-mutability IMMUTABLE \
  --repository-name prefect/etl/worker \
  --tags '[{"Key":"ecsctl:pool","Value":"etl"},{"Key":"ecsctl:version","Value":"test"},{"Key":"team","Value":"data team"}]' \
  --query repository.repositoryUri --output text)
aws ecr put-lifecycle-policy \
  --lifecycle-policy-text '{"rules":[{"action":{"type":"expire"},"description":"What has no tag was left by a push that was broken off","rulePriority":1,"selection":{"countNumber":1,"countType":"sinceImagePushed","countUnit":"days","tagStatus":"untagged"}}]}' \
  --repository-name prefect/etl/worker >/dev/null

# The worker's image. ecsctl makes and pushes it, without Docker.
ecsctl worker image push --pool etl >&2

# Step 2: the task definition and the service.

# The worker's task definition.
task_definition_arn=$(again aws ecs register-task-definition \
  --container-definitions '[{"command":["worker","start","--name-prefix","prefect-worker-etl","--pool","etl","--type","ecs","--with-healthcheck"],"entryPoint":["/ecsctl"],"environment":[{"name":"ECSCTL_OBSERVER_QUEUE","value":"prefect-etl"},{"name":"GOMEMLIMIT","value":"460MiB"},{"name":"PREFECT_API_URL","value":"https://prefect.example.com/api"},{"name":"QUOTES","value":"it'\''s \"$HOME\" ${x} \\"}],"essential":true,"healthCheck":{"command":["CMD","/ecsctl","worker","health"],"interval":10,"retries":3,"startPeriod":15,"timeout":5},"image":"'"$repository_uri"'@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","linuxParameters":{"capabilities":{"drop":["ALL"]}},"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/ecs/prefect/etl","awslogs-region":"eu-west-1","awslogs-stream-prefix":"worker"}},"name":"prefect-worker","secrets":[{"name":"PREFECT_API_AUTH_STRING","valueFrom":"'"$auth_string_secret_arn"'"},{"name":"PREFECT_API_KEY","valueFrom":"'"$api_key_secret_arn"'"}],"stopTimeout":120,"user":"65532:65532"}]' \
  --cpu 256 \
  --execution-role-arn arn:aws:iam::123456789012:role/prefect-etl-eu-west-1-execution \
  --family prefect-worker-etl \
  --memory 512 \
  --network-mode awsvpc \
  --requires-compatibilities '["FARGATE"]' \
  --runtime-platform '{"cpuArchitecture":"X86_64","operatingSystemFamily":"LINUX"}' \
  --tags '[{"key":"ecsctl:pool","value":"etl"},{"key":"ecsctl:version","value":"test"},{"key":"team","value":"data team"}]' \
  --task-role-arn arn:aws:iam::123456789012:role/prefect-etl-eu-west-1-worker \
  --query taskDefinition.taskDefinitionArn --output text)

# The service that keeps the worker running.
again aws ecs create-service \
  --cluster default \
  --deployment-configuration '{"deploymentCircuitBreaker":{"enable":true,"rollback":true}}' \
  --desired-count 2 \
  --enable-ecs-managed-tags \
  --enable-execute-command \
  --launch-type FARGATE \
  --network-configuration '{"awsvpcConfiguration":{"assignPublicIp":"ENABLED","securityGroups":["'"$security_group_id"'"],"subnets":["subnet-00000000000000004","subnet-00000000000000005","subnet-00000000000000006"]}}' \
  --propagate-tags SERVICE \
  --service-name prefect-worker-etl \
  --tags '[{"key":"ecsctl:pool","value":"etl"},{"key":"ecsctl:version","value":"test"},{"key":"team","value":"data team"}]' \
  --task-definition "$task_definition_arn" >/dev/null
aws ecs wait services-stable --cluster default --services prefect-worker-etl

echo 'made. Next, for the work pool: ecsctl bootstrap --pool etl --yes' >&2
