#!/usr/bin/env bash
# The Prefect "ECS Worker Guide" as its reader types it: the guide's own commands and
# documents, with the ids filled in from the environment.
#
#   guide.sh pool     step 1: the work pool, with Prefect's command line
#   guide.sh ids      the ids that step 2 wants filled in, looked up with the AWS CLI
#   guide.sh worker   step 2: role, task definition and service, with the AWS CLI
#
#   SUBNETS, SECURITY_GROUPS   what `guide.sh ids` prints
#   CLUSTER                    name of a cluster that exists
#   POOL, PREFECT_API_URL, PREFECT_API_KEY
#
# It does less than `ecsctl bootstrap`: no settings of the pool, no log group, secret,
# security group or role that can run tasks; and it cannot be run twice.
set -euo pipefail

if [[ $1 == pool ]]; then
    prefect work-pool create --type ecs "$POOL"
    exit
fi

if [[ $1 == ids ]]; then
    subnets=$(aws ec2 describe-subnets --filters Name=default-for-az,Values=true --query 'Subnets[].SubnetId' --output text)
    groups=$(aws ec2 describe-security-groups --group-names default --query 'SecurityGroups[].GroupId' --output text)
    echo "SUBNETS=${subnets//$'\t'/,}"
    echo "SECURITY_GROUPS=$groups"
    exit
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export AWS_PAGER=''

cat >"$dir/ecs-trust-policy.json" <<'JSON'
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
  ]
}
JSON

role=$(aws iam create-role \
    --role-name ecsTaskExecutionRole \
    --assume-role-policy-document "file://$dir/ecs-trust-policy.json" \
    --query Role.Arn --output text)

aws iam attach-role-policy \
    --role-name ecsTaskExecutionRole \
    --policy-arn arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy

cat >"$dir/task-definition.json" <<JSON
{
  "family": "prefect-worker-task",
  "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "cpu": "512",
  "memory": "1024",
  "executionRoleArn": "$role",
  "taskRoleArn": "$role",
  "containerDefinitions": [
    {
      "name": "prefect-worker",
      "image": "prefecthq/prefect:2-latest",
      "cpu": 512,
      "memory": 1024,
      "essential": true,
      "command": ["/bin/sh", "-c", "pip install prefect-aws && prefect worker start --pool $POOL --type ecs"],
      "environment": [
        {"name": "PREFECT_API_URL", "value": "$PREFECT_API_URL"},
        {"name": "PREFECT_API_KEY", "value": "$PREFECT_API_KEY"}
      ]
    }
  ]
}
JSON

definition=$(aws ecs register-task-definition \
    --cli-input-json "file://$dir/task-definition.json" \
    --query taskDefinition.taskDefinitionArn --output text)

aws ecs create-service \
    --service-name prefect-worker-service \
    --cluster "$CLUSTER" \
    --task-definition "$definition" \
    --launch-type FARGATE \
    --desired-count 1 \
    --network-configuration "awsvpcConfiguration={subnets=[$SUBNETS],securityGroups=[$SECURITY_GROUPS]}" \
    >"$dir/service.json"
