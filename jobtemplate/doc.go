// Package jobtemplate turns a work pool's base job template, job variables and a
// flow run into the requests that ECS gets, as the official ecs worker does
// (prefect-aws 0.7.12 on Prefect 3.8.8; docs/parity.md lists the differences).
// It does no I/O: what must be known from elsewhere is handed in.
//
// The flow of a launch:
//
//	job, err := jobtemplate.Resolve(inputs)       // *Problems: the job can never work
//	def, err := job.Definition(region)            // nil: the job names a definition
//	    register def.Input, or reuse a revision with def.Hash
//	    (nil: describe job.TaskDefinition)
//	need, ok := job.NeedsNetwork(described)       // look up the VPC and its subnets
//	run, err := job.RunTask(jobtemplate.Launch{TaskDefinition: arn, Network: &network})
//	    send run.Input, say run.Warnings
//	pid := job.InfrastructurePID(clusterARN, taskARN)
//
// Within Resolve: variables are merged (merge.go) and filled into the template
// (expand.go), blocks and Prefect variables resolved (blocks.go, references.go), the
// result is typed (config.go), and the two requests are made (definition.go,
// request.go) and compared with AWS's own model of them (shape.go, limits.go).
package jobtemplate
