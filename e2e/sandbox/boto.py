"""Uses each service of the sandbox through boto3."""

import json

import boto3
from botocore.exceptions import ClientError


def code_of(call, **kwargs):
    try:
        call(**kwargs)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return None


def same(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


same(boto3.client("sts").get_caller_identity()["Account"], "123456789012")

iam = boto3.client("iam")
trust = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
role = iam.create_role(RoleName="boto", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
same(iam.get_role(RoleName="boto")["Role"]["AssumeRolePolicyDocument"], trust)
iam.attach_role_policy(RoleName="boto", PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")
same(code_of(iam.get_role, RoleName="none"), "NoSuchEntity")
same(code_of(iam.create_role, RoleName="boto", AssumeRolePolicyDocument=json.dumps(trust)), "EntityAlreadyExists")

ec2 = boto3.client("ec2")
vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]]
assert len(subnets) >= 2
same(code_of(ec2.describe_vpcs, VpcIds=["vpc-0123456789abcdef0"]), "InvalidVpcID.NotFound")

logs = boto3.client("logs")
logs.create_log_group(logGroupName="/boto", tags={"a": "1"})
same(code_of(logs.create_log_group, logGroupName="/boto"), "ResourceAlreadyExistsException")

secrets = boto3.client("secretsmanager")
secret = secrets.create_secret(Name="boto", SecretString="hush")["ARN"]
same(secrets.get_secret_value(SecretId="boto")["SecretString"], "hush")
same(code_of(secrets.get_secret_value, SecretId="none"), "ResourceNotFoundException")

sqs = boto3.client("sqs")
queue = sqs.create_queue(QueueName="boto", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
sqs.send_message(QueueUrl=queue, MessageBody="hello")
message = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, AttributeNames=["All"])["Messages"][0]
same((message["Body"], message["Attributes"]["ApproximateReceiveCount"]), ("hello", "1"))
sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
same(code_of(sqs.get_queue_url, QueueName="none"), "AWS.SimpleQueueService.NonExistentQueue")

events = boto3.client("events")
rule = events.put_rule(Name="boto", EventPattern=json.dumps({"source": ["aws.ecs"], "detail": {"lastStatus": ["STOPPED"]}}))["RuleArn"]
events.put_targets(Rule="boto", Targets=[{"Id": "q", "Arn": arn}])
same(events.list_targets_by_rule(Rule="boto")["Targets"], [{"Id": "q", "Arn": arn}])
policy = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn},
}
sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})

ecr = boto3.client("ecr")
repository = ecr.create_repository(repositoryName="boto/flows", tags=[{"Key": "a", "Value": "1"}])["repository"]
same(repository["repositoryArn"], "arn:aws:ecr:eu-west-1:123456789012:repository/boto/flows")
same((repository["imageTagMutability"], repository["encryptionConfiguration"]["encryptionType"]), ("MUTABLE", "AES256"))
same(code_of(ecr.create_repository, repositoryName="boto/flows"), "RepositoryAlreadyExistsException")
same(ecr.describe_images(repositoryName="boto/flows")["imageDetails"], [])
same(code_of(ecr.get_lifecycle_policy, repositoryName="boto/flows"), "LifecyclePolicyNotFoundException")
same(code_of(ecr.describe_images, repositoryName="none"), "RepositoryNotFoundException")
same(ecr.get_authorization_token()["authorizationData"][0]["proxyEndpoint"], "http://" + repository["repositoryUri"].split("/")[0])
ecr.delete_repository(repositoryName="boto/flows")

ecs = boto3.client("ecs")
ecs.create_cluster(clusterName="default")
ecs.register_task_definition(
    family="boto", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
    executionRoleArn=role["Arn"], taskRoleArn=role["Arn"],
    containerDefinitions=[{
        "name": "main", "image": "prefecthq/prefect:3-latest",
        # The task asks AWS who it is, with the credentials of its role alone.
        "command": ["python", "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'], flush=True)"],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/boto", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p"}},
    }],
)
task = ecs.run_task(
    taskDefinition="boto", launchType="FARGATE",
    networkConfiguration={"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "ENABLED"}},
)["tasks"][0]["taskArn"]
ecs.get_waiter("tasks_stopped").wait(tasks=[task], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
stopped = ecs.describe_tasks(tasks=[task])["tasks"][0]
same((stopped["stopCode"], stopped["containers"][0]["exitCode"]), ("EssentialContainerExited", 0))
line = logs.get_log_events(logGroupName="/boto", logStreamName="p/main/" + task.rsplit("/", 1)[1])["events"][0]["message"]
same(line, "arn:aws:sts::123456789012:assumed-role/boto/" + task.rsplit("/", 1)[1])
event = json.loads(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]["Body"])
same((event["detail-type"], event["detail"]["taskArn"]), ("ECS Task State Change", task))
same(code_of(ecs.describe_tasks, cluster="none", tasks=[task]), "ClusterNotFoundException")
print("all fine")
