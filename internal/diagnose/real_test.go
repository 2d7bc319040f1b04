package diagnose

import (
	"strings"
	"testing"
)

// realTexts are what people were shown by AWS, as they published it. Account ids and names
// are theirs or were masked by them; where a source cuts a text off, so do we: Fargate does it too.
var realTexts = []struct {
	name, text, source string
	cause, advice      string // parts of the finding
}{
	// Images.
	{"image not found, Fargate",
		`CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 12345678-eu-west-1.amazonaws.com/example-service:example-image:image-tag@sha256:sha digest: not found`,
		"github.com/aws/containers-roadmap/issues/2687", "image does not exist", "check its name, tag"},
	{"image not found, Docker",
		`CannotPullContainerError: Error response from daemon: manifest for nginx:0f6b3cdf5e24f0da3dd932acd84fd90e9786a522 not found`,
		"github.com/CircleCI-Public/circleci-demo-aws-ecs-ecr/issues/4", "image does not exist", "check its name, tag"},
	{"repository not found, ECR",
		`CannotPullContainerError: API error (404): repository serverless-batch not found: does not exist or no pull access`,
		"github.com/RafalWilinski/deploy-with-serverless/issues/11", "image does not exist", "check its name, tag"},
	{"image forbidden, ECR",
		`CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 366590864501.dkr.ecr.us-west-2.amazonaws.com/bedrock-proxy-api-ecs:latest@sha256:5de487da52320ad9978f3a7a4f6700910342956c7dcb3b6f955222b4cccbd600: unexpected status from HEAD request to https://366590864501.dkr.ecr.us-west-2.amazonaws.com/v2/bedrock-proxy-api-ecs/blobs/sha256:5de487da52320ad9978f3a7a4f6700910342956c7dcb3b6f955222b4cccbd600: 403 Forbidden`,
		"github.com/aws-samples/bedrock-access-gateway/issues/114", "may not be pulled",
		"AmazonECSTaskExecutionRolePolicy"},
	{"ECR login denied",
		`CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::...:assumed-role/OvertureTilesCdkStack-OvertureTilesContainer... is not authorized to perform: ecr:GetAuthorizationToken on r`,
		"github.com/OvertureMaps/overture-tiles/pull/20", "may not be pulled", "AmazonECSTaskExecutionRolePolicy"},
	{"no route to the registry",
		`CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref quay.io/deepfenceio/cloud-scanner:latest: failed to do request: Head "https://quay.io/v2/deepfenceio/cloud-scanner/manifests/latest": dial tcp 3.210.148.47:443: i/o timeout`,
		"github.com/deepfence/terraform-aws-cloud-scanner/issues/13", "could not reach the image's registry",
		"NAT gateway"},
	{"no route to the registry, Docker",
		`CannotPullContainerError: API error (500): Get https://xxx.dkr.ecr.ap-southeast-2.amazonaws.com/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`,
		"github.com/aws/amazon-ecs-agent/issues/1680", "could not reach the image's registry", "assignPublicIp"},
	{"no route to ECR's login",
		`ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 5 time(s): RequestError: send request failed caused by: Post https://api.ecr....`,
		"github.com/aws/aws-app-mesh-examples/issues/413", "could not reach the image's registry", "NAT gateway"},
	{"no route to ECR's login, since 2024",
		`ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 44.213.79.104:443: i/o timeout`,
		"a describe-tasks answer in a public repository (find_string id 61204213426)",
		"could not reach the image's registry", "VPC endpoints"},
	{"rate limit of Docker Hub",
		`CannotPullContainerError: toomanyrequests: You have reached your pull rate limit.`,
		"ECS Developer Guide, CannotPullContainer task errors (container-pull-too-many-requests); " +
			"PrefectHQ/prefect#20466 suffers from it", "limits pulls", "pull-through cache"},
	{"private image on Docker Hub",
		`CannotPullContainerError: pull access denied`,
		"ECS Developer Guide, CannotPullContainer task errors (container-pull-access-denied)", "or it is private",
		"repositoryCredentials"},
	{"registry fails",
		`CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/yaronlevi/prefect/blobs/sha256:69e520adb67b68085b2dd29b69cba037002d8f53234a3e9676c2969fc3099e86: 504 Gateway Time-out`,
		"github.com/PrefectHQ/prefect/issues/14730", "registry failed", "try again"},
	{"arm64 image on x86",
		`CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'`,
		"eight public repositories (find_string ids 59269305417, 61159396765, 27275775971 among them)",
		"not built for the CPU architecture", "--platform linux/amd64"},
	{"disk full",
		`CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer sha256:7c524a8642865c29df8d3973cefe8430653ba7fea85bd386e24e522601c30227: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/86/fs/home/notebook-user/.local/lib/python3.10/site-packages/numpy/linalg/__pycache__/linalg.cpython-310.pyc: no space left on device: unknown`,
		"github.com/anomalyco/sst/pull/3542", "disk of the task is too small", "ephemeralStorage"},
	{"a pull for no known reason",
		`CannotPullContainerError: inspect image has been retried 5 time(s): `,
		"github.com/aws/amazon-ecs-agent/issues/3035", "could not be pulled", "check its name"},

	// Secrets.
	{"secret missing",
		`ResourceInitializationError: unable to pull secrets or registry auth: failed to fetch secret arn:aws:secretsmanager:us-east-1:817977750104:secret:playstudy/recaptcha-secret-key from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret`,
		"a guide in a public repository (find_string id 3509315850)", "secret does not exist", "check its ARN"},
	{"secret without the key",
		`ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key MY_SECRET`,
		"a test of recorded events in a public repository (find_string id 48251834547)", "no such key", "plain text"},
	{"plain text where key/value pairs are expected",
		`ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): invalid character '\'' looking for beginning of value`,
		"github.com/rileydakota/valheim-ecs-fargate-cdk/issues/9", "not the JSON document", "plain text"},
	{"secret denied by KMS",
		`ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:eu-central-1:account_id:secret:algo-dev-directus-secret20240626183203358800000004-EaPYTy from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: 400, request id: a87a66d9-f839-4353-b8c2-9984b1465695`,
		"github.com/GiamPy5/terraform-aws-directus/issues/10", "may not decrypt", "kms:Decrypt"},
	{"parameter denied",
		`Resourceinitializationerror: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: User: arn:aws:sts::<account id>:assumed-role/aits-demo-app-test-demo-app-ExecutionRole-28VBAJL3T0YT/f83b93a4dc3442a18eaaf8c2a235cd37 is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:eu-west-2:<account id>:parameter/GOOGLE_CLIENT_ID because no identity-based policy allows the ssm:GetParameters action status code: 400, request id: 1adcb55f-f798-4503-b8a3-cd1533290001`,
		"github.com/aws/copilot-cli/issues/4504", "may not read the secret", "ssm:GetParameters"},
	{"no route to Secrets Manager",
		`ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 5 time(s): failed to fetch secret arn:aws:secretsmanager:us-west-2:*:secret:DBPasswordSecret-* from secrets manager: RequestCanceled: request context canceled caused by: context deadline exceeded. Please check your task network configuration.`,
		"github.com/Releem/releem-agent/issues/195", "could not reach the AWS services", "security group"},
	{"no route to the parameter store",
		`ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 5 time(s): RequestCanceled: request context canceled caused by: context deadline exceeded. Please check your task network configuration.`,
		"github.com/hashicorp/terraform-provider-aws/issues/33044", "could not reach the AWS services", "NAT gateway"},
	{"secrets for no known reason",
		`TaskFailedToStart: ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:eu-west-1:123456789...`,
		"github.com/docker-archive/compose-cli/issues/1510", "could not get a secret", "check the ARNs"},

	// Logs.
	{"log group missing",
		`CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. status code: 400, request id: 7463029c-9f12-4e3f-b914-f`,
		"github.com/cn-terraform/terraform-aws-ecs-fargate-task-definition/issues/1",
		"log group of the container does not exist", "awslogs-create-group"},
	{"log group denied",
		`ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log group: AccessDeniedException: User: arn:aws:sts::997763366404:assumed-role/ecsTaskExecutionRole/d7795e52a4434edf80f4923f3b836d9f is not authorized to perform: logs:CreateLogGroup on resource: arn:aws:logs:us-east-2`,
		"notes in a public repository (find_string id 2442732268)", "may not write to CloudWatch Logs",
		"logs:CreateLogGroup"},
	{"log stream denied, cut off",
		`ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: User: arn:aws:sts::783560535431:assumed-role/batchJobRole/986cca09ac1748c08b77360b92e314...`,
		"notes in a public repository (find_string id 49105531087)", "may not write to CloudWatch Logs",
		"logs:CreateLogStream"},
	{"no route to CloudWatch Logs",
		`ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed`,
		"a report in a public repository (find_string id 53956371873)", "could not reach CloudWatch Logs",
		"VPC endpoints"},

	// Storage and network.
	{"EFS name",
		`ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve "fs-06642d00e4ec726.efs.ap-northeast-1.amazonaws.com" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID. See https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. Attempting to lookup mount target ip address using botocore. Failed to import necessary dependency botocore, please install botocore first. : unsuccessful EFS utils command execution; code: 1`,
		"github.com/aws/copilot-cli/issues/5419", "name of the EFS file system", "mount target"},
	{"public address on an instance",
		`InvalidParameterException: Assign public IP is not supported for this launch type.`,
		"github.com/hashicorp/waypoint/issues/643", "cannot have a public IP", "DISABLED"},
	{"EFS folder",
		`ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: mounting fs-<some numbers>.efs.<region>.amazonaws.com:/grafana failed, reason given by server: No such file or directory' : unsuccessful EFS utils command execution; code: 32`,
		"github.com/acp-io/terraform-grafana/issues/4", "folder to be mounted", "access point"},
	{"EFS connection",
		`ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection reset by peer : unsuccessful EFS utils command execution; code: 32`,
		"github.com/docker-archive/compose-cli/issues/1490", "EFS file system could not be mounted", "2049"},
	{"ENI timeout", `Timeout waiting for network interface provisioning to complete.`,
		"github.com/aws/amazon-ecs-agent/issues/4825; PrefectHQ/prefect#5561", "network interface", "try again"},
	{"no free address",
		`Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-id`,
		"ECS Developer Guide, TaskFailedToStart errors (subnet-error)", "no free address", "more subnets"},
	{"no network interface on the instance", `Unable to attach network interface to unused device index`,
		"ECS Developer Guide, TaskFailedToStart errors (compute-compatibility-cpu)", "network interface",
		"instance type"},

	// Roles.
	{"role not assumed",
		`ECS was unable to assume the role 'arn:aws:iam::281174624655:role/MythicalMysfitsCoreStack-ECSTaskRole-FXO3A6J08BN' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
		"github.com/aws-samples/aws-modern-application-workshop/issues/88", "may not assume a role",
		"ecs-tasks.amazonaws.com"},
	{"service-linked role",
		`Unable to assume the service linked role. Please verify that the ECS service linked role exists.`,
		"github.com/jonrau1/ElectricEye/issues/9", "service-linked role of ECS is missing",
		"create-service-linked-role"},
	{"no execution role", `Fargate requires task definition to have execution role ARN to support ECR images.`,
		"notes in a public repository (find_string id 56842575295)", "no execution role",
		"AmazonECSTaskExecutionRolePolicy"},

	// Capacity and what can never be launched.
	{"no capacity", `Capacity is unavailable at this time. Please try again later or in a different availability zone`,
		"github.com/sil-org/ecs-deploy/issues/277", "no capacity", "availability zones"},
	{"vCPUs", `You've reached the limit on the number of vCPUs you can run concurrently`,
		"public repositories (find_string ids 52131040524, 71097492195)", "quota of vCPUs", "Service Quotas"},
	{"no instances",
		`service [service_name] was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your capacity provider.`,
		"github.com/aws/containers-roadmap/issues/653", "no container instance", "capacity provider"},
	{"no room",
		`(service deploy-ecs-frontend-test-deploy-deploy-ecs-frontend-manifest-1) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 47d5cb9a-6e38-495e-9777-5ae6d02a3720) is already using a port required by your task.`,
		"github.com/Shippable/support/issues/4462", "room for the task", "add instances"},
	{"given up by the capacity provider", `TaskFailedToStart: RESOURCE:GPU`,
		"github.com/PrefectHQ/prefect/pull/22417", "room for the task", "GPU"},
	{"agent", `AGENT`,
		"ECS Developer Guide, TaskFailedToStart errors (agent-not-started)", "agent of the container instance",
		"way to ECS"},
	{"definition inactive", `TaskDefinition is inactive`,
		"github.com/DefangLabs/defang/pull/775", "was deregistered", "latest"},
	{"cluster deleted", `The referenced cluster was inactive.`,
		"notes in a public repository (find_string id 61855953155)", "cluster does not exist, or was deleted",
		"name and region"},
	{"launch type", `Task definition does not support launch_type FARGATE.`,
		"an article in a public repository (find_string id 19036778572)", "another launch type",
		"requiresCompatibilities"},

	// What ends a task.
	{"capacity provider not associated",
		`InvalidParameterException: An error occurred (InvalidParameterException) when calling the RunTask operation: The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.`,
		"github.com/dask/dask-cloudprovider/issues/328", "does not have the capacity provider",
		"associate FARGATE and FARGATE_SPOT"},
	{"spot", `Your Spot Task was interrupted.`,
		"github.com/reproio/wrapbox/pull/53; Amazon ECS Developer Guide, Fargate capacity providers", "Spot",
		"--infrastructure-retries"},
	{"host gone", `Host EC2 (instance i-03dba81187d65ce7e) terminated.`,
		"a recorded task in a public repository (find_string id 62474118082)", "instance that the task ran on",
		"run the flow again"},
	{"maintenance", `ECS is performing maintenance on the underlying infrastructure hosting the task`,
		"Amazon ECS user guide, task retirement (find_string id 43610858392)", "retired the host", "Health dashboard"},
	{"out of memory", `OutOfMemoryError: Container killed due to memory usage`,
		"github.com/aws/amazon-ecs-agent/issues/1187", "out of memory", "give it more"},
	{"replaced by its service", `Scaling activity initiated by (deployment ecs-svc/8646900195280463695)`,
		"a recorded task in a public repository (find_string id 27261207075)", "the ECS service replaced", "events"},

	// Starting.
	{"command not in the image",
		`CannotStartContainerError: Error response from daemon: OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "python": executable file not found in $PATH: unknown`,
		"github.com/aws/amazon-ecs-cli/issues/1136", "command is not in its image", "entry point"},
	{"entry point not in the image",
		`CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: OCI runtime create failed: container_linux.go:370: starting container process caused: exec: "/opt/sonarqube/bin/run.sh": stat /opt/sonarqube/bin/run.sh...no such file or direct...`,
		"github.com/aws/amazon-ecs-agent/issues/2954", "command is not in its image", "entry point"},
	{"slow start", `DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s`,
		"recorded jobs in public repositories (find_string ids 39721711089, 1858353652)", "took too long",
		"log driver"},
	{"container not started",
		`CannotStartContainerError: ResourceInitializationError: unable to create new container: mount callback failed on /tmp/containerd-mount916692511: open /tmp/containerd-mount916692511/etc/passwd: no such file or directory`,
		"github.com/aws-samples/net-modernization/issues/13", "could not be started", "mounts"},
}

func TestRealTexts(t *testing.T) {
	t.Parallel()
	for _, tc := range realTexts {
		got, ok := Text(tc.text)
		if !ok || !strings.Contains(got.Cause, tc.cause) || !strings.Contains(got.Advice, tc.advice) {
			t.Errorf("%s (%s): got %q, want %q ... %q", tc.name, tc.source, got, tc.cause, tc.advice)
		}
	}
}

// Each rule is there because of a text that somebody was shown.
func TestEveryRuleHasATextOrIsNamed(t *testing.T) {
	t.Parallel()
	// No public text was found for these; the words are those of the API's documentation.
	unseen := map[string]bool{
		"EFS file system denies": true, "a volume of the task": true, "may not hand it": true,
		"task definition does not exist": true,
		// our own words
		"Fargate has no such size": true, "task needs a network": true, "time that task_start_timeout_seconds": true,
		"health check": true, "may not be executed": true,
		"another CPU architecture": true, "could not reach an AWS service": true,
		"log driver of the container could not": true,
	}
	for _, r := range awsRules {
		met := false
		for _, tc := range realTexts {
			got, _ := Text(tc.text)
			met = met || got.Cause == r.Cause
		}
		for part := range unseen {
			if strings.Contains(r.Cause, part) {
				if met {
					t.Errorf("%q has a text: it is to be taken off the list", part)
				}
				met = true
			}
		}
		if !met {
			t.Errorf("no text leads to %q (%s)", r.Cause, r.pattern())
		}
	}
}

func TestTextsThatSayNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "Essential container in task exited", "Task stopped by user",
		"(service worker) has reached a steady state."} {
		if got, ok := Text(text); ok {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}
