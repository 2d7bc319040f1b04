package diagnose

// These rules are about where a task runs, and as whom.

var spaceRules = []rule{
	when(`no space left on device`,
		"the disk of the task is too small for the image, or for what was written",
		"raise ephemeralStorage.sizeInGiB in the task definition (Fargate: 21 to 200), clean up the instance's disk "+
			"on EC2, or make the image smaller",
		"task_definition"),
}

var volumeRules = []rule{
	when(`failed to resolve .?fs-`,
		"the name of the EFS file system could not be resolved",
		"check its id, that it has a mount target in the task's availability zone, and that the VPC has DNS "+
			"resolution and DNS hostnames on",
		"task_definition", "network_configuration"),
	when(`mount\.nfs4?:.*(access denied|permission denied)`,
		"the EFS file system denies the task its mount",
		"allow elasticfilesystem:ClientMount to the task role in the file system's policy, and check the access point",
		"task_role_arn"),
	when(`mount\.nfs4?:.*no such file`,
		"the folder to be mounted is not on the EFS file system",
		"create it, or mount an access point that creates its root directory",
		"task_definition"),
	when(`efs utils|mount\.nfs`,
		"the EFS file system could not be mounted",
		"let the security group of its mount target take port 2049 from the task's, and check that there is a mount "+
			"target in the task's zone",
		"task_definition", "network_configuration"),
	when(`cannotcreatevolumeerror`,
		"a volume of the task could not be made",
		"check volumes in the task definition",
		"task_definition"),
}

var roleRules = []rule{
	when(`service.linked role`,
		"the service-linked role of ECS is missing",
		"make it once in the account: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"),
	when(`unable to assume the (configured|role)|unable to assume role|role .*cannot be assumed|cannot assume role`,
		"ECS may not assume a role of the task",
		"check that the role exists and that its trust policy lets ecs-tasks.amazonaws.com do sts:AssumeRole; a role "+
			"that was just made takes seconds to be seen",
		"execution_role_arn", "task_role_arn"),
	when(`not authorized to perform: iam:passrole`,
		"whoever launches the task may not hand it its roles",
		"allow iam:PassRole on the roles to ecs-tasks.amazonaws.com; ecsctl bootstrap does it with "+
			"--flow-run-task-role and --flow-run-execution-role",
		"execution_role_arn", "task_role_arn"),
	when(`requires task definition to have execution role`,
		"the task definition has no execution role, which ECR images, logs and secrets need on Fargate",
		"name one that has service-role/AmazonECSTaskExecutionRolePolicy",
		"execution_role_arn"),
}

var networkRules = []rule{
	when(`insufficientfreeaddresses|free addresses|create network interface with public ip`,
		"the subnet has no free address for the task",
		"use larger or more subnets, or run fewer tasks at once",
		"network_configuration"),
	when(`network interface|eni .*(attach|provision)|\beni\b.*timeout`,
		"AWS could not give the task a network interface",
		"try again, which usually helps; if it does not, check the subnet's free addresses, the quota of network "+
			"interfaces and those that the instance type can have",
		"network_configuration"),
}

var launchRules = []rule{
	when(`limit on the number of (vcpus|tasks)`,
		"the account's quota of vCPUs or tasks on Fargate is used up",
		"wait for other tasks to end, or ask for more in Service Quotas (AWS Fargate, On-Demand or Spot vCPU "+
			"resource count)"),
	when(`capacity is unavailable`,
		"AWS has no capacity for the task at the moment",
		"wait and try again, use subnets in more availability zones, or another size; instead of FARGATE_SPOT use "+
			"FARGATE (ecsctl worker start --spot-fallback)",
		"network_configuration", "capacity_provider_strategy"),
	when(`capacity provider .*not associated with the cluster`,
		"the cluster does not have the capacity provider that the run asks for",
		"associate FARGATE and FARGATE_SPOT with it (aws ecs put-cluster-capacity-providers; for a cluster that "+
			"ecsctl made, ecsctl bootstrap does it), "+
			"or use launch_type FARGATE",
		"launch_type", "capacity_provider_strategy", "cluster"),
	when(`assign public ip is not supported for this launch type`,
		"a task on an instance cannot have a public IP address, and its network configuration asks for one",
		"set network_configuration with assignPublicIp DISABLED and subnets that have a route to a NAT gateway, or "+
			"use network mode bridge",
		"network_configuration"),
	when(`no container instances? (was|were) found|no active instances|empty capacity provider`,
		"the cluster has no container instance for the task",
		"start some, let the capacity provider scale, or launch on Fargate",
		"launch_type", "capacity_provider_strategy"),
	when(
		`\bresource:|closest matching .container-instance|container instance met all|does not have enough|insufficient (cpu|memory|gpu)`,
		"no container instance has room for the task",
		"add instances or larger ones, let the capacity provider scale, or ask for less CPU, memory, GPU or fewer "+
			"ports",
		"cpu", "memory"),
	when(`^agent$`,
		"the ECS agent of the container instance is not connected",
		"see on the instance why (the agent's log, its role, its way to ECS), or replace it",
		"launch_type", "capacity_provider_strategy"),
	when(`task ?definition is inactive`,
		"the task definition was deregistered",
		"name an active revision, or its family alone for the latest",
		"task_definition_arn"),
	when(`task ?definition not found|unable to describe task definition`,
		"the task definition does not exist",
		"check its name, revision and region",
		"task_definition_arn"),
	when(`cluster (was )?not found|cluster was inactive|cluster .*no longer exists`,
		"the cluster does not exist, or was deleted",
		"check its name and region, and create it again if it is to be used",
		"cluster"),
	when(`does not support launch_type|not compatible with the selected compute`,
		"the task definition is made for another launch type",
		"add the launch type to requiresCompatibilities of the task definition, or choose the one that it has",
		"launch_type", "task_definition"),
	when(`no fargate configuration exists|invalid (cpu|'cpu'|memory)`,
		"Fargate has no such size",
		"use a pair of CPU and memory that Fargate offers, such as 1024 and 2048",
		"cpu", "memory"),
	when(`network configuration must be provided|network configuration is not valid`,
		"the task needs a network (awsvpc) and was given none that fits its network mode",
		"name a VPC or subnets, or another networkMode on EC2",
		"vpc_id", "network_configuration"),
}

var hostRules = []rule{
	when(`spot task was interrupted`, spot.Cause, spot.Advice, spot.Variables...),
	when(`host ec2 \(instance .*(terminated|stopped)|container instance .*(deregistration|draining)`, host.Cause,
		host.Advice, host.Variables...),
	when(`performing maintenance on the underlying`,
		"AWS retired the host of the task for maintenance",
		"run the flow again; AWS announces such days in the Health dashboard"),
	when(`health checks`,
		"a health check of the task failed",
		"look at the container's log, and at the check's command, timeout and start period",
		"task_definition"),
	when(`scaling activity initiated`,
		"the ECS service replaced or removed the task",
		"a service does so when it is deployed or scaled: the service's events tell which"),
}

var startRules = []rule{
	when(`had not started within \d+ s \(task_start_timeout_seconds\)`,
		"the task did not start in the time that task_start_timeout_seconds gives it",
		"see in the run's log what it waited for; raise task_start_timeout_seconds, or take it out to wait for as "+
			"long as it takes",
		"task_start_timeout_seconds"),
	when(`outofmemory`, memory.Cause, memory.Advice, memory.Variables...),
	when(`executable file not found|stat .*no such file|exec: .*no such file`,
		"the container's command is not in its image",
		"check the command and the image's entry point; Prefect must be installed in the image of a flow run",
		"command", "image"),
	when(`(exec|oci runtime|process).*permission denied`,
		"the container's command may not be executed",
		"make the file executable in the image (chmod +x)",
		"command", "image"),
	when(`exec format error`, platform.Cause, platform.Advice, platform.Variables...),
	when(`dockertimeouterror|containerruntimetimeouterror|could not tran[is]*tion to`,
		"the container runtime took too long to start the container",
		"try again; if it lasts: a log driver without a way to its service, a huge image or an overloaded instance "+
			"are known reasons"),
	when(`cannot(start|create|inspect)containererror|oci runtime create failed|failed to create new container`,
		"the container could not be started",
		"check command, entry point, mounts and user in the task definition",
		"command", "task_definition"),
}

var generalRules = []rule{
	when(`cannotpull`,
		"the image could not be pulled",
		"check its name and tag, the execution role's right to pull it, and the task's way to the registry",
		"image", "execution_role_arn", "network_configuration"),
	when(`unable to pull secrets or registry auth`,
		"ECS could not get a secret, or the login for ECR",
		"check the ARNs of the secrets, what the execution role may do, and the task's way to Secrets Manager and ECR",
		"prefect_api_key_secret_arn", "execution_role_arn", "network_configuration"),
	when(unreachable,
		"the task could not reach an AWS service",
		wayOut, "vpc_id", "network_configuration"),
}
