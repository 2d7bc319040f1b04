package inputs

import (
	"slices"
	"strconv"

	"ecsctl/provision/spec"
)

// ResourceFlags say what bootstrap makes.
func ResourceFlags() []SpecFlag {
	return slices.Concat(jobFlags(), networkFlags(), workerFlags(), flowRunFlags(), accountFlags())
}

func networkFlags() []SpecFlag {
	return []SpecFlag{
		stringFlag("vpc", inNetwork, "`ID` of the VPC (default: the default VPC)", func(s *spec.Spec) *string {
			return &s.Network.VPC
		}),
		listFlag("subnet", inNetwork, "`ID` of a subnet; may be repeated (default: the subnets with a way out)",
			func(s *spec.Spec) *[]string { return &s.Network.Subnets }),
		listFlag("security-group", inNetwork,
			"`ID` of a security group; may be repeated (default: one is made, egress only)",
			func(s *spec.Spec) *[]string { return &s.Network.SecurityGroups }),
		choosing(stringFlag("assign-public-ip", inNetwork,
			"public addresses of tasks: auto, enabled or disabled (default: auto)",
			func(s *spec.Spec) *string { return &s.Network.AssignPublicIP }), spec.PublicIPValues...),
	}
}

func workerFlags() []SpecFlag {
	return []SpecFlag{
		choosing(stringFlag("runtime", inWorker, "the worker's program: ecsctl, our own, or prefect, the official "+
			"Python worker (default: ecsctl)",
			func(s *spec.Spec) *string { return &s.Worker.Runtime }), spec.RuntimeNames()...),
		stringFlag("image", inWorker, "container `IMAGE` of the worker (default: one that is made and pushed, or for "+
			"--runtime prefect the official one)", func(s *spec.Spec) *string { return &s.Worker.Image }),
		stringFlag("binary", inWorker, "`FILE` with the ecsctl for Linux that goes into the image (default: what was "+
			"installed with this program, else this program)", func(s *spec.Spec) *string { return &s.Worker.Binary }),
		intFlag("cpu", inWorker, "CPU `UNITS` of the worker", "256; 512 for --runtime prefect",
			func(s *spec.Spec) *int { return &s.Worker.CPU }),
		intFlag("memory", inWorker, "memory of the worker in `MIB`", "512; 1024 for --runtime prefect",
			func(s *spec.Spec) *int { return &s.Worker.Memory }),
		choosing(stringFlag("architecture", inWorker, "CPU architecture of the worker: x86_64 or arm64 (default: "+
			"that of the image that is made, else x86_64)",
			func(s *spec.Spec) *string { return &s.Worker.Architecture }), spec.Architectures...),
		countFlag("desired-count", inWorker, "`NUMBER` of workers", "1 at first, then left alone",
			func(s *spec.Spec) **int { return &s.Worker.DesiredCount }),
		listFlag("work-queue", inWorker, "`NAME` of a work queue to poll; may be repeated (default: all)",
			func(s *spec.Spec) *[]string { return &s.Worker.WorkQueues }, "q"),
		countFlag("limit", inWorker, "`NUMBER` of flow runs that a worker runs at once", "no limit",
			func(s *spec.Spec) **int { return &s.Worker.Limit }, "l"),
		switchFlag("execute-command", inWorker, "let ECS Exec run commands in the worker's container", "false",
			func(s *spec.Spec) **bool { return &s.Worker.ExecuteCommand }),
	}
}

func flowRunFlags() []SpecFlag {
	return []SpecFlag{
		stringFlag("flow-run-image", inFlowRuns, "container `IMAGE` of flow runs", func(s *spec.Spec) *string {
			return &s.FlowRuns.Image
		}),
		intFlag("flow-run-cpu", inFlowRuns, "CPU `UNITS` of flow runs", "that of the pool", func(s *spec.Spec) *int {
			return &s.FlowRuns.CPU
		}),
		intFlag("flow-run-memory", inFlowRuns, "memory of flow runs in `MIB`", "that of the pool",
			func(s *spec.Spec) *int { return &s.FlowRuns.Memory }),
		choosing(stringFlag("flow-run-launch-type", inFlowRuns,
			"launch type of flow runs: FARGATE, FARGATE_SPOT, EC2 or EXTERNAL",
			func(s *spec.Spec) *string { return &s.FlowRuns.LaunchType }), spec.LaunchTypes...),
		stringFlag("flow-run-execution-role", inFlowRuns,
			"`ARN` of the execution role of flow runs (default: one is made, with what they need)",
			func(s *spec.Spec) *string { return &s.FlowRuns.ExecutionRole }),
		stringFlag("flow-run-task-role", inFlowRuns,
			"`ARN` of the task role of flow runs (default: one is made, without rights)", func(s *spec.Spec) *string {
				return &s.FlowRuns.TaskRole
			}),
		stringFlag("flow-policy", inFlowRuns,
			"`FILE` with the IAM policy of the flow runs' task role that is made (default: it has no rights)",
			func(s *spec.Spec) *string { return &s.FlowRuns.PolicyFile }),
		listFlag("flow-run-family", inFlowRuns,
			"`PATTERN` of further task definition families that the worker may register and run; may be repeated",
			func(s *spec.Spec) *[]string { return &s.FlowRuns.Families }),
		bundleStorageFlag(),
		switchFlag("flow-run-logs", inFlowRuns, "send the output of flow runs to the log group", "true",
			func(s *spec.Spec) **bool { return &s.FlowRuns.Logs }),
		offFlag("no-flow-repository", inFlowRuns, "make no repository in ECR for the images of flows",
			func(s *spec.Spec) **bool { return &s.FlowRuns.Repository }),
	}
}

// accountFlags are about what serves the worker and the flow runs alike.
func accountFlags() []SpecFlag {
	return []SpecFlag{
		offFlag("no-observer", inWorker, "make no queue and no EventBridge rule for the changes of tasks",
			func(s *spec.Spec) **bool { return &s.Observer }),
		stringFlag("prefect-api-key-secret", InPrefect,
			"`ARN` of a secret or SSM parameter that holds the API key as plain text, or ARN:KEY:: for a key of a "+
				"JSON secret",
			func(s *spec.Spec) *string { return &s.Prefect.APIKeySecret }),
		stringFlag("boundary", InAWS,
			"`ARN` of the policy that becomes the permissions boundary of the roles that are made",
			func(s *spec.Spec) *string { return &s.Roles.Boundary }),
		stringFlag("role-path", InAWS, "IAM `PATH` of the roles that are made, such as /team/",
			func(s *spec.Spec) *string { return &s.Roles.Path }),
		choosing(intFlag("log-retention", InAWS, "`DAYS` for which logs are kept", "30", func(s *spec.Spec) *int {
			return &s.LogRetentionDays
		}), retentionDays()...),
		tagFlag(), insightsFlag(),
	}
}

func retentionDays() []string {
	out := make([]string, len(spec.RetentionDays))
	for i, days := range spec.RetentionDays {
		out[i] = strconv.Itoa(days)
	}
	return out
}
