package commands_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ecsctl/prefect"
	"ecsctl/templates"
)

// taskSetting is something of flow runs' tasks that Prefect's own template has no variable for.
type taskSetting struct {
	variables string // of flowRuns.jobVariables, as YAML
	// in is what the task, its definition or a role has then.
	in map[string][]string
	// next is how a second run ends, where it is asked for: what finds a note of an earlier run crashes (newAdopter).
	next string
	pool string // new or existing; empty is both
}

var taskSettings = map[string]taskSetting{
	"played": {variables: `container_secrets:
      - {name: GOOGLE_KEY, valueFrom: "$SECRET:google-api-key::"}
      - {name: PARAMETER, valueFrom: /acme/parameter}
    ephemeral_storage: {sizeInGiB: 50}
    runtime_platform: {cpuArchitecture: ARM64, operatingSystemFamily: LINUX}
    enable_execute_command: true
    match_latest_revision_in_family: true
    auto_deregister_task_definition: true
    cloudwatch_logs_options: {awslogs-group: /acme/flows, awslogs-region: eu-west-1, mode: non-blocking}
    sidecar: {name: agent, image: "datadog/agent:latest", essential: false, command: [sleep, "1"]}
    sidecar_2: {name: other, image: "datadog/other:latest", essential: false, command: [sleep, "1"]}
    sidecar_9: {name: last, image: "datadog/last:latest", essential: false, command: [sleep, "1"]}`,
		in: map[string][]string{
			"REGISTERED": {`"Name":"GOOGLE_KEY","ValueFrom":"$SECRET:google-api-key::"`, `"CpuArchitecture":"ARM64"`,
				`"EphemeralStorage":{"SizeInGiB":50}`, `"Image":"datadog/agent:latest"`,
				`"Image":"datadog/other:latest"`,
				`"Image":"datadog/last:latest"`,
				`"awslogs-group":"/acme/flows"`, `"mode":"non-blocking"`},
			"EXECUTION": {`$SECRET`, `parameter/acme/parameter`, `log-group:/acme/flows:*`},
			"TASK":      {`"EnableExecuteCommand":true`},
			"FLOW":      {`ssmmessages:OpenDataChannel`},
		}},
	"efs": {variables: `volumes:
      - name: shared
        efsVolumeConfiguration: {fileSystemId: fs-0123456789abcdef0, transitEncryption: ENABLED, authorizationConfig: {iam: ENABLED}}
    mount_points: [{sourceVolume: shared, containerPath: /mnt/shared}]`,
		in: map[string][]string{"REGISTERED": {`"ContainerPath":"/mnt/shared"`},
			"FLOW": {`file-system/fs-0123456789abcdef0`}}, next: "Crashed", pool: "existing"},
	"ebs": {variables: `volumes: [{name: scratch, configuredAtLaunch: true}]
    mount_points: [{sourceVolume: scratch, containerPath: /scratch}]
    volume_configurations: [{name: scratch, managedEBSVolume: {sizeInGiB: 100, filesystemType: xfs, roleArn: "$INFRASTRUCTURE"}}]`,
		in:   map[string][]string{"REGISTERED": {`"ConfiguredAtLaunch":true`}, "WORKER": {`$INFRASTRUCTURE`}},
		next: "Completed", pool: "new"},
}

// TestTaskSettings: what the file says of flow runs' tasks is in them, with the rights that it takes, in a pool that
// bootstrap makes and in one that was there. The next plan is empty, with the file and from what the pool remembers,
// and after teardown the pool that was there is what it was.
func TestTaskSettings(t *testing.T) {
	t.Parallel()
	for name, setting := range taskSettings {
		for _, pool := range []string{"new", "existing"} {
			if setting.pool != "" && setting.pool != pool {
				continue
			}
			t.Run(name+"/"+pool, func(t *testing.T) {
				t.Parallel()
				a := newAdopter(t)
				a.furnishSettings()
				if pool == "existing" {
					a.plainPool()
				}
				before := a.read()
				file := a.settings(setting.variables)
				a.Run("bootstrap", "--config", file, "--yes")
				a.takes(setting)
				a.Run("bootstrap", "--config", file, "--dry-run", "--detailed-exitcode")
				cmd, out := a.command("status", "--pool", publishedPoolName)
				if err := cmd.Run(); err != nil || !strings.Contains(out.String(), "is healthy") {
					t.Errorf("status: %v\n%s", err, out)
				}
				a.Run("bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--yes")
				a.Run("bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--dry-run", "--detailed-exitcode")
				a.tearsDown()
				a.deregister()
				a.tornDown(before)
			})
		}
	}
}

func (a *adopter) furnishSettings() {
	a.make("", "", "ssm", "PutParameter", "{Name: /acme/parameter, Value: p, Type: SecureString}")
	a.make("INFRASTRUCTURE", "Role.Arn", "iam", "CreateRole", "{RoleName: acme-infrastructure, "+
		"AssumeRolePolicyDocument: '"+strings.ReplaceAll(trustTasks, "ecs-tasks", "ecs")+"'}")
}

// plainPool is one with Prefect's own template.
func (a *adopter) plainPool() {
	_, err := a.api.CreateWorkPool(a.t.Context(), prefect.WorkPoolCreate{
		Name: publishedPoolName, Type: "ecs", BaseJobTemplate: templates.ECSBaseJobTemplate})
	a.must(err)
}

func (a *adopter) settings(variables string) string {
	file := filepath.Join(a.t.TempDir(), "ecsctl.yaml")
	text := "pool: acme\ncluster: acme\nflowRuns:\n  jobVariables:\n    " + a.expand(variables) + "\n"
	a.must(os.WriteFile(file, []byte(text), 0o600))
	return file
}

func (a *adopter) expand(text string) string {
	return os.Expand(text, func(id string) string { return a.ids[id] })
}

// takes looks whether a run has the setting.
func (a *adopter) takes(s taskSetting) {
	a.t.Helper()
	run := a.endOfRun()
	if run.State.Name != "Completed" {
		a.t.Errorf("the run is %s: %s", run.State.Name, run.State.Message)
	}
	if s.next != "" {
		if next := a.endOfRun(); next.State.Name != s.next {
			a.t.Errorf("the next run is %s (%q), want %s", next.State.Name, next.State.Message, s.next)
		}
	}
	_, task, _ := strings.Cut(run.InfrastructurePID, "::")
	a.make("TASK", "Tasks.0", "ecs", "DescribeTasks", "{Cluster: acme, Tasks: ['"+task+"']}")
	arn := regexp.MustCompile(`"TaskDefinitionArn":"([^"]+)"`).FindStringSubmatch(a.ids["TASK"])
	a.make("REGISTERED", "TaskDefinition", "ecs", "DescribeTaskDefinition", "{TaskDefinition: '"+arn[1]+"'}")
	for id, name := range map[string]string{"EXECUTION": "flow-exec prefect-flow-execution",
		"FLOW":   "flow prefect-flow",
		"WORKER": "worker prefect-worker"} {
		if _, asked := s.in[id]; asked {
			role, policy, _ := strings.Cut(name, " ")
			a.make(id, "PolicyDocument", "iam", "GetRolePolicy",
				"{RoleName: prefect-acme-eu-west-1-"+role+", PolicyName: "+policy+"}")
		}
	}
	for id, wants := range s.in {
		for _, want := range wants {
			if want := a.expand(want); !strings.Contains(plainText(a.ids[id]), want) {
				a.t.Errorf("%s has no %s:\n%s", id, want, plainText(a.ids[id]))
			}
		}
	}
}

// plainText is a policy as it was written: IAM gives it back with escapes of URLs.
func plainText(policy string) string {
	if text, err := url.QueryUnescape(policy); err == nil {
		return text
	}
	return policy
}
