package worker_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/prefect"
	"ecsctl/worker"
)

// A task definition that has the key as a secret gets it by no other way: overrides are read by
// everybody who may look at a task.
func TestASecretIsNotSentInClear(t *testing.T) {
	t.Parallel()
	for name, deploy := range map[string]func(w *world, role, secret string) *prefect.Deployment{
		"the template's definition":  withSecretInTemplate,
		"a definition that is named": withNamedDefinition,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			role := w.executionRole()
			secret := *must(secretsmanager.NewFromConfig(w.aws).CreateSecret(t.Context(),
				&secretsmanager.CreateSecretInput{
					Name: aws.String("key"), SecretString: aws.String("pnu_of_the_flow"),
				}))(t).ARN
			id := w.runs(deploy(w, role, secret), 1)[0]
			w.start(func(o *worker.Options) {
				o.Settings["PREFECT_API_KEY"] = "pnu_of_the_worker"
				o.Settings["PREFECT_LOGGING_LEVEL"] = "DEBUG"
			})
			w.await(id, prefect.Completed)
			sent := map[string]string{}
			for _, variable := range w.tasks()[0].Overrides.ContainerOverrides[0].Environment {
				sent[*variable.Name] = *variable.Value
			}
			if key, given := sent["PREFECT_API_KEY"]; given {
				t.Errorf("the key %q is an override", key)
			}
			if sent["PREFECT_LOGGING_LEVEL"] != "DEBUG" || sent["PREFECT_API_URL"] == "" {
				t.Errorf("other settings are not handed down: %v", sent)
			}
		})
	}
}

func withSecretInTemplate(w *world, role, secret string) *prefect.Deployment {
	var template map[string]any
	raw := must(w.api.WorkerTemplate(w.t.Context(), "ecs"))(w.t)
	if err := json.Unmarshal(raw, &template); err != nil {
		w.t.Fatal(err)
	}
	configuration := template["job_configuration"].(map[string]any)
	definition := configuration["task_definition"].(map[string]any)
	container := definition["containerDefinitions"].([]any)[0].(map[string]any)
	container["secrets"] = []any{map[string]any{"name": "PREFECT_API_KEY", "valueFrom": secret}}
	return w.deploymentOf(must(json.Marshal(template))(w.t), map[string]any{"execution_role_arn": role})
}

func withNamedDefinition(w *world, role, secret string) *prefect.Deployment {
	made := must(w.ecs.RegisterTaskDefinition(w.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("mine"), Cpu: aws.String("256"), Memory: aws.String("512"), ExecutionRoleArn: &role,
		NetworkMode:             types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("flow"), Image: aws.String("prefecthq/prefect:3"),
			Secrets: []types.Secret{{Name: aws.String("PREFECT_API_KEY"), ValueFrom: &secret}},
		}},
	}))(w.t)
	return w.deployment(map[string]any{"task_definition_arn": *made.TaskDefinition.TaskDefinitionArn})
}
