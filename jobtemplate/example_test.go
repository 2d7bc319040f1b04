package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"ecsctl/jobtemplate"
)

// A launch from the work pool's template to the two requests.
func Example() {
	job, err := jobtemplate.Resolve(jobtemplate.Inputs{
		BaseJobTemplate: json.RawMessage(`{
			"job_configuration": {
				"env": "{{ env }}",
				"task_definition": {"containerDefinitions": [{"name": "prefect", "image": "{{ image }}"}], "cpu": "{{ cpu }}", "memory": "{{ memory }}"},
				"task_run_request": {"launchType": "FARGATE", "overrides": {"containerOverrides": [{"name": "prefect"}]}}
			},
			"variables": {"properties": {"image": {"default": "prefecthq/prefect:3-latest"}, "cpu": {"default": 512}}}
		}`),
		WorkPool:   json.RawMessage(`{"name": "main"}`),
		Deployment: json.RawMessage(`{"id": "d-1", "job_variables": {"memory": 1024, "env": {"MODE": "fast"}}}`),
		FlowRun:    json.RawMessage(`{"id": "r-1", "name": "wise-otter", "deployment_id": "d-1"}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	definition, _ := job.Definition("eu-west-1")
	fmt.Println("register", *definition.Input.Family, *definition.Input.Cpu, *definition.Input.Memory)

	launch := jobtemplate.Launch{TaskDefinition: "the-arn", Registered: true}
	if need, ok := job.NeedsNetwork(nil); ok {
		fmt.Printf("look up the VPC %q\n", need.VPCID)
		launch.Network = &jobtemplate.Network{VPCID: "vpc-1", Subnets: []string{"subnet-1"}}
	}
	run, _ := job.RunTask(launch)
	fmt.Println("run", run.Input.Overrides.ContainerOverrides[0].Command,
		run.Input.NetworkConfiguration.AwsvpcConfiguration.Subnets)
	// Output:
	// register prefect_main_d-1 512 1024
	// look up the VPC ""
	// run [prefect flow-run execute] [subnet-1]
}

// Everything that is wrong with a job comes in one error.
func ExampleProblems() {
	_, err := jobtemplate.Resolve(jobtemplate.Inputs{
		BaseJobTemplate: json.RawMessage(`{
			"job_configuration": {
				"labels": "{{ labels }}",
				"task_definition": {"containerDefinitions": [{"name": "prefect", "image": "i"}], "memroy": 512},
				"task_run_request": {"launchType": "FARGTE"}
			},
			"variables": {}
		}`),
		JobVariables: json.RawMessage(`{"labels": "a"}`),
	})
	var problems *jobtemplate.Problems
	if errors.As(err, &problems) {
		for _, problem := range problems.List {
			fmt.Println(problem)
		}
	}
	// Output:
	// labels: it is a string, not an object
	// task_definition.memroy: AWS has no such field (did you mean "memory"?)
	// task_run_request.launchType: AWS does not take "FARGTE" here (did you mean "FARGATE"?)
}
