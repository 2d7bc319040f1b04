package commands_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"ecsctl/prefect"
	"ecsctl/templates"
)

// TestDoctorDeployments has deployments that would not start, each for a reason of its own, and
// one that would: doctor and the end of a bootstrap name the ones and not the other.
func TestDoctorDeployments(t *testing.T) {
	t.Parallel()
	a := newAdopter(t)
	_, err := a.api.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{
		Name: publishedPoolName, Type: "ecs", BaseJobTemplate: templates.ECSBaseJobTemplate,
	})
	a.must(err)
	flow, err := a.api.CreateFlow(t.Context(), "hello")
	a.must(err)
	a.make("REPOSITORY", "Repository.RepositoryUri", "ecr", "CreateRepository", "{RepositoryName: flows}")
	wants := map[string]struct{ variables, want string }{
		"fine": {`{"cpu": 512, "memory": 1024}`, ""},
		"leftover": {`{"ephemeralStorage": {"sizeInGiB": 50}}`,
			"WARN .*deployment hello/leftover .*ephemeralStorage"},
		"block": {`{"env": {"A": "{{ prefect.blocks.secret.gone }}"}}`, "FAIL .*deployment hello/block .*gone"},
		"size":  {`{"cpu": 256, "memory": 16384}`, "FAIL .*deployment hello/size .*memory"},
		"role": {`{"task_role_arn": "` + a.ids["TASK_ROLE"] + `"}`,
			"FAIL .*deployment hello/role .*iam:PassRole"},
		"gone-role": {`{"task_role_arn": "arn:aws:iam::123456789012:role/gone"}`,
			"FAIL .*deployment hello/gone-role .*does not exist"},
		"family":  {`{"family": "reports"}`, "FAIL .*deployment hello/family .*--flow-run-family reports"},
		"cluster": {`{"cluster": "prod"}`, "FAIL .*deployment hello/cluster .*may run tasks only in \"acme\""},
		"provider": {`{"capacity_provider_strategy": [{"capacityProvider": "gpu", "weight": 1}]}`,
			"FAIL .*deployment hello/provider .*no capacity provider gpu"},
		"group": {`{"cloudwatch_logs_options": {"awslogs-group": "/gone"}}`,
			"FAIL .*deployment hello/group .*log group /gone does not exist"},
		"elsewhere": {`{"cloudwatch_logs_options": {"awslogs-group": "/acme/flows"}}`,
			"FAIL .*deployment hello/elsewhere .*may not write to log group /acme/flows"},
		"own-role": {`{"cloudwatch_logs_options": {"awslogs-group": "/gone"}, "execution_role_arn": "` +
			a.ids["EXECUTION_ROLE"] + `"}`, "FAIL .*deployment hello/own-role .*log group /gone does not exist"},
		"secret": {`{"container_secrets": [{"name": "A", "valueFrom": "` + a.ids["SECRET"] + `"}]}`,
			"WARN .*deployment hello/secret .*container_secrets"},
		"network": {`{"network_configuration": {"subnets": ["subnet-0123456789abcdef0"]}}`,
			"FAIL .*deployment hello/network .*a subnet of it does not exist"},
		"definition": {`{"task_definition_arn": "gone:7"}`, "FAIL .*deployment hello/definition .*gone:7"},
		"image": {`{"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/flows:gone"}`,
			"FAIL .*deployment hello/image .*has no image \"gone\""},
	}
	for name, d := range wants {
		_, err := a.api.CreateDeployment(t.Context(), prefect.DeploymentCreate{
			Name: name, FlowID: flow.ID, WorkPoolName: publishedPoolName, JobVariables: json.RawMessage(d.variables),
		})
		a.must(err)
	}
	cmd, out := a.command("bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--yes", noWait)
	a.must(cmd.Run())
	for name, d := range wants {
		how := " would not start: "
		if strings.HasPrefix(d.want, "WARN") {
			how = ": "
		}
		if told := strings.Contains(out.String(), "warning: deployment hello/"+name+how); told != (d.want != "") {
			t.Errorf("bootstrap's end tells of %s: %v, want %v:\n%s", name, told, d.want != "", out)
		}
	}
	cmd, out = a.command("doctor", "--pool", publishedPoolName, "--deployments")
	if err := cmd.Run(); err == nil {
		t.Error("doctor is content")
	}
	for name, d := range wants {
		found := regexp.MustCompile(d.want).MatchString(out.String())
		if named := strings.Contains(out.String(), "hello/"+name+" "); d.want == "" && named || d.want != "" && !found {
			t.Errorf("%s: want %q in\n%s", name, d.want, out)
		}
	}
}
