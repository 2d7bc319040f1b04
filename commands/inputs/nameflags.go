package inputs

import "ecsctl/provision/spec"

// NameFlags override derived names.
func NameFlags() []SpecFlag {
	return []SpecFlag{
		stringFlag("execution-role", inNames, "`NAME` of the execution role, or the ARN of an existing one to use",
			func(s *spec.Spec) *string { return &s.Names.ExecutionRole }),
		stringFlag("worker-role", inNames, "`NAME` of the worker's task role, or the ARN of an existing one to use",
			func(s *spec.Spec) *string { return &s.Names.WorkerRole }),
		stringFlag("flow-role", inNames, "`NAME` of the task role of flow runs that is made",
			func(s *spec.Spec) *string { return &s.Names.FlowRole }),
		stringFlag("flow-execution-role", inNames, "`NAME` of the execution role of flow runs that is made",
			func(s *spec.Spec) *string { return &s.Names.FlowExecutionRole }),
		stringFlag("infrastructure-role", inNames, "`NAME` of the role by which ECS manages instances",
			func(s *spec.Spec) *string { return &s.Names.InfrastructureRole }),
		stringFlag("instance-role", inNames, "`NAME` of the managed instances' role and their instance profile",
			func(s *spec.Spec) *string { return &s.Names.InstanceRole }),
		stringFlag("capacity-provider-name", inNames,
			"`NAME` of the capacity provider of managed instances that is made",
			func(s *spec.Spec) *string { return &s.Names.CapacityProvider }),
		stringFlag("family", inNames, "`FAMILY` of the worker's task definition", func(s *spec.Spec) *string {
			return &s.Names.Family
		}),
		stringFlag("service-name", inNames, "`NAME` of the ECS service", func(s *spec.Spec) *string {
			return &s.Names.Service
		}),
		stringFlag("secret-name", inNames, "`NAME` of the secret with the API key", func(s *spec.Spec) *string {
			return &s.Names.Secret
		}),
		stringFlag("log-group", inNames, "`NAME` of the log group", func(s *spec.Spec) *string {
			return &s.Names.LogGroup
		}),
		stringFlag("queue-name", inNames, "`NAME` of the queue with the changes of tasks", func(s *spec.Spec) *string {
			return &s.Names.Queue
		}),
		stringFlag("dead-letter-queue-name", inNames, "`NAME` of the queue for what no worker can act upon",
			func(s *spec.Spec) *string { return &s.Names.DeadLetterQueue }),
		stringFlag("rule-name", inNames, "`NAME` of the EventBridge rule that feeds the queue",
			func(s *spec.Spec) *string { return &s.Names.Rule }),
		stringFlag("bucket-name", inNames, "`NAME` of the bucket for bundles of flows", func(s *spec.Spec) *string {
			return &s.Names.Bucket
		}),
		stringFlag("repository-name", inNames, "`NAME` of the repository that the worker's image is pushed to",
			func(s *spec.Spec) *string { return &s.Names.Repository }),
		stringFlag("flow-repository-name", inNames, "`NAME` of the repository that the images of flows are pushed to",
			func(s *spec.Spec) *string { return &s.Names.FlowRepository }),
		stringFlag("security-group-name", inNames, "`NAME` of the security group that is made when none is given",
			func(s *spec.Spec) *string { return &s.Names.SecurityGroup }),
	}
}
