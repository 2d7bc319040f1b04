package jobtemplate_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/jobtemplate"
)

// A deployment's log options keep the group of the pool unless they name one; without a group
// of the pool they are what they are with the official worker.
func TestLogOptionsKeepTheGroupOfThePool(t *testing.T) {
	t.Parallel()
	const withGroup = `"default": {"awslogs-group": "/pool", "awslogs-create-group": "false"}`
	for name, tc := range map[string]struct {
		pool, given string
		want        map[string]string
	}{
		"no group named": {withGroup, `{"awslogs-stream-prefix": "p"}`, map[string]string{
			"awslogs-group": "/pool", "awslogs-create-group": "false", "awslogs-stream-prefix": "p",
		}},
		"a group named": {withGroup, `{"awslogs-group": "/own"}`, map[string]string{
			"awslogs-group": "/own", "awslogs-create-group": "true", "awslogs-stream-prefix": "prefect-logs_p_d",
		}},
		"nothing given": {withGroup, `{}`, map[string]string{
			"awslogs-group": "prefect", "awslogs-create-group": "true", "awslogs-stream-prefix": "prefect-logs_p_d",
		}},
		"no group of the pool": {`"type": "object"`, `{"mode": "non-blocking"}`, map[string]string{
			"awslogs-group": "prefect", "awslogs-create-group": "true", "awslogs-stream-prefix": "prefect-logs_p_d",
			"mode": "non-blocking",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job, err := jobtemplate.Resolve(jobtemplate.Inputs{
				BaseJobTemplate: json.RawMessage(
					`{"job_configuration": {"execution_role_arn": "e", "configure_cloudwatch_logs": true, "cloudwatch_logs_options": "{{ cloudwatch_logs_options }}",
					"task_definition": {"executionRoleArn": "e", "containerDefinitions": [{"name": "prefect", "image": "i"}]}, "task_run_request": {"launchType": "FARGATE"}},
					"variables": {"properties": {"cloudwatch_logs_options": {` + tc.pool + `}}}}`),
				WorkPool: json.RawMessage(`{"name": "p"}`),
				Deployment: json.RawMessage(`{"id": "d", "job_variables": {"cloudwatch_logs_options": ` +
					tc.given + `}}`),
			})
			if err != nil {
				t.Fatal(err)
			}
			definition, err := job.Definition("")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want,
				definition.Input.ContainerDefinitions[0].LogConfiguration.Options); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A GPU is asked for on Fargate in vain.
func TestFargateHasNoGPU(t *testing.T) {
	t.Parallel()
	resolve := func(launchType string) error {
		_, err := jobtemplate.Resolve(jobtemplate.Inputs{BaseJobTemplate: json.RawMessage(`{"job_configuration": {
			"task_definition": {"containerDefinitions": [{"name": "prefect", "image": "i", "resourceRequirements": [{"type": "GPU", "value": "1"}]}]},
			"task_run_request": {"launchType": "` + launchType + `"}}, "variables": {}}`)})
		return err
	}
	const want = "invalid job: task_definition.containerDefinitions[0].resourceRequirements: Fargate has no GPU " +
		"(run it on EC2 instances that have one: launch_type EC2, or a capacity provider strategy)"
	if err := resolve("FARGATE"); err == nil || err.Error() != want {
		t.Errorf("on Fargate: %v, want %q", err, want)
	}
	if err := resolve("EC2"); err != nil {
		t.Errorf("on EC2: %v", err)
	}
}
