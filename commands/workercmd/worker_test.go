package workercmd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/templates"
	"ecsctl/worker/awsaccess"
)

// runWorker runs a worker command line and returns its exit code and outputs.
func runWorker(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	streams := console.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}
	app := console.NewApp(streams, Command(streams))
	err := app.RunContext(t.Context(), append([]string{"ecsctl", "worker"}, args...))
	console.Report(streams, err)
	return console.ExitCode(err), out.String(), errs.String()
}

// alone leaves a test with no settings but those that it sets.
func alone(t *testing.T, environ ...string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	t.Setenv("PREFECT_HOME", dir)
	t.Setenv("PREFECT_API_URL", "")
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
}

func TestWorkerUsageErrors(t *testing.T) {
	alone(t)
	for line, want := range map[string]string{
		"start":                                       "worker start needs --pool",
		"start --pool p --type process":               `--type "process": ecsctl has only workers of type ecs`,
		"start --pool p --limit 0":                    "--limit 0: give a number of flow runs, 1 or more",
		"start --pool p --limit many":                 "--limit many: give a number of flow runs, 1 or more",
		"start --pool p --limit q=3":                  `--limit q=3: "q" is none of the pools that --pool names`,
		"start --pool p --pool p":                     `--pool "p" is given twice: give each pool once`,
		"start --pool p --prefetch-seconds=-1":        "--prefetch-seconds -1",
		"start --pool p --install-policy perhaps":     `--install-policy "perhaps": use one of`,
		"start --pool p --name a/b":                   `--name "a/b": the name of a worker must hold neither / nor %`,
		"start --pool p extra":                        `takes no argument "extra"`,
		"start --pool p --base-job-template none":     "failed to read --base-job-template",
		"start --pool p":                              "no Prefect API URL is set",
		"dance":                                       `there is no command "worker dance"`,
		"preview":                                     "worker preview needs one of --flow-run, --deployment",
		"start --pool p --observer-sweep-interval 0s": "--observer-sweep-interval 0s: give a time above 0",
		"preview --flow-run x --deployment a/b":       "worker preview needs one of",
		"preview --deployment only-a-name":            `--deployment "only-a-name": use FLOW/NAME`,
		"preview --deployment a/b --output yaml":      `--output "yaml": use text or json`,
		"preview --deployment a/b --job-variable x":   `--job-variable "x": use NAME=VALUE`,
		"health --address 127.0.0.1:1":                "failed to reach the worker",
		"start --pool p --name a --name-prefix b":     "--name and --name-prefix cannot be used together",
		"start --pool p --name-prefix a/b":            `--name-prefix "a/b": the name of a worker must hold neither / nor %`,
		"start --pool p --capacity-wait=-1s":          "--capacity-wait -1s: give a duration such as 30m, or 0",
		"start --pool p --claim-grace 0s":             "--claim-grace 0s: give a duration",
		"start --pool p --drain-timeout 0s":           "--drain-timeout 0s: give a duration",
		"start --pool p --rate RunTask=fast":          `the rate "RunTask=fast" is not of the form ACTION=N/s,burst=M`,
		"start --pool p --rate Dance=1/s":             `the rate "Dance=1/s" does not begin with one of DescribeTaskDefinition,`,
		"start --pool p --infrastructure-retries=-1":  "--infrastructure-retries -1: give a number",
	} {
		code, _, stderr := runWorker(t, strings.Fields(line)...)
		if code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %s", line, code, stderr)
		}
	}
}

// readStart is what a command line of worker start comes to.
func readStart(t *testing.T, args ...string) workerStartOptions {
	t.Helper()
	var got workerStartOptions
	streams := console.Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}
	command := workerStartCommand(streams)
	command.Action = func(c *cli.Context) error {
		settings, err := readPrefectSettings(c, streams)
		if err != nil {
			return err
		}
		got, err = readWorkerStartOptions(c, settings)
		return err
	}
	app := console.NewApp(streams, command)
	if err := app.RunContext(context.Background(), append([]string{"ecsctl", "start"}, args...)); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWorkerStartFlags(t *testing.T) {
	alone(t, "PREFECT_WORKER_PREFETCH_SECONDS=30", "PREFECT_WORKER_WEBSERVER_PORT=9090")
	o := readStart(t, "-p", "pool", "-n", "me", "-q", "one", "-q", "two,three", "-l", "5", "--run-once",
		"--with-healthcheck",
		"--no-create-pool-if-not-found", "--install-policy", "always", "--type", "ecs")
	if o.Pool != "pool" || o.Name != "me" || o.Limit != 5 || !o.RunOnce || !o.NoPoolCreate || !o.TypeGiven {
		t.Errorf("got %+v", o.Options)
	}
	if diff := cmp.Diff([]string{"one", "two,three"}, o.WorkQueues); diff != "" {
		t.Error(diff)
	}
	launching := readStart(t, "-p", "pool", "--capacity-wait", "0", "--spot-fallback", "--infrastructure-retries", "3",
		"--claim-grace", "5m", "--drain-timeout", "25s", "--rate", "RunTask=40/s,burst=200", "--rate",
		"DescribeTasks=5/s")
	if launching.CapacityWait >= 0 || !launching.SpotFallback || launching.InfrastructureRetries != 3 ||
		launching.ClaimGrace != 5*time.Minute || launching.DrainTimeout != 25*time.Second {
		t.Errorf("got %+v", launching.Options)
	}
	if got := launching.Rates; got["RunTask"] != (awsaccess.Rate{PerSecond: 40, Burst: 200}) ||
		got["DescribeTasks"].Burst != 5 || got["StopTask"] != awsaccess.DefaultRates()["StopTask"] {
		t.Errorf("got rates %v", got)
	}
	if o.CapacityWait != time.Hour || o.SpotFallback || o.InfrastructureRetries != 0 || o.Rates != nil {
		t.Errorf("got %+v by default", o.Options)
	}
	if o.Prefetch != 30*time.Second || o.HealthAddress != "0.0.0.0:9090" || o.Metrics {
		t.Errorf("got prefetch %s, health on %q, metrics %t", o.Prefetch, o.HealthAddress, o.Metrics)
	}
	plain := readStart(t, "--pool", "pool", "--create-pool-if-not-found=false", "--prefetch-seconds", "3", "--metrics")
	if plain.Prefetch != 3*time.Second || !plain.NoPoolCreate || plain.TypeGiven || plain.HealthAddress == "" ||
		plain.WorkQueues != nil {
		t.Errorf("got %+v", plain.Options)
	}
}

// The queue is that of the flag, of its variable, or of the official worker's setting.
func TestWorkerStartObserver(t *testing.T) {
	alone(t, "PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_NAME=official")
	if o := readStart(t, "--pool", "pool"); o.ObserverQueue != "official" || o.ObservedSweepInterval != time.Minute {
		t.Errorf("got queue %q, sweeps every %s", o.ObserverQueue, o.ObservedSweepInterval)
	}
	if o := readStart(t, "--pool", "pool", "--observer-queue", "ours", "--observer-sweep-interval",
		"5m"); o.ObserverQueue != "ours" || o.ObservedSweepInterval != 5*time.Minute {
		t.Errorf("got queue %q, sweeps every %s", o.ObserverQueue, o.ObservedSweepInterval)
	}
	if o := readStart(t, "--pool", "pool", "--observer-queue", ""); o.ObserverQueue != "" {
		t.Errorf("got queue %q", o.ObserverQueue)
	}
	t.Setenv("ECSCTL_OBSERVER_QUEUE", "variable")
	if o := readStart(t, "--pool", "pool"); o.ObserverQueue != "variable" {
		t.Errorf("got queue %q", o.ObserverQueue)
	}
}

// previewWorld is a sandbox that the environment points to, with one deployment.
func previewWorld(t *testing.T) *prefect.Client {
	t.Helper()
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	alone(t, server.Env()...)
	_, auth := server.PrefectCredentials()
	api, err := prefect.New(prefect.Options{APIURL: server.PrefectAPIURL(), AuthString: prefect.Secret(auth)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if _, err := api.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: "pool", Type: "ecs", BaseJobTemplate: templates.ECSBaseJobTemplate,
	}); err != nil {
		t.Fatal(err)
	}
	flow, err := api.CreateFlow(ctx, "flow")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "dep", FlowID: flow.ID, WorkPoolName: "pool",
	}); err != nil {
		t.Fatal(err)
	}
	return api
}

func TestWorkerPreview(t *testing.T) {
	previewWorld(t)
	code, stdout, stderr := runWorker(t, "preview", "--deployment", "flow/dep", "--output", "json", "--job-variable",
		`env={"A":"x,y","B":"z"}`)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var got struct {
		Register map[string]any   `json:"registerTaskDefinition"`
		Run      map[string]any   `json:"runTask"`
		Warnings []string         `json:"warnings"`
		Problems *json.RawMessage `json:"problems"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if got.Register["family"] != got.Run["taskDefinition"] || got.Warnings == nil || got.Problems != nil ||
		!strings.Contains(stdout, `"x,y"`) {
		t.Errorf("got %s", stdout)
	}
	before := filepath.Join(t.TempDir(), "before.json")
	if err := os.WriteFile(before, []byte(stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stdout, stderr = runWorker(t, "preview", "--deployment", "flow/dep", "--job-variable", `env={"B":"y"}`,
		"--diff", before)
	const env = "runTask.overrides.containerOverrides.prefect.environment."
	if want := env + `A: removed "x,y"` + "\n" + env + `B: "z" -> "y"` + "\n"; stdout != want {
		t.Errorf("got %s%s", stdout, stderr)
	}
}

func TestWorkerPreviewOfABadJob(t *testing.T) {
	previewWorld(t)
	code, stdout, stderr := runWorker(t, "preview", "--deployment", "flow/dep", "--output", "json", "--job-variable",
		"cpu=much", "--job-variable", "env=A")
	if code != 1 || strings.Count(stderr, "ecsctl: error: ") < 2 || !strings.Contains(stderr, "ecsctl: fix: ") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	var got struct {
		Problems []struct{ Path, Message, Hint string }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || len(got.Problems) < 2 {
		t.Errorf("got %v: %s", err, stdout)
	}
}

func TestWorkerPreviewOffline(t *testing.T) {
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	alone(t, server.Env()...)
	t.Setenv("PREFECT_API_URL", "http://127.0.0.1:1/api") // nobody is to be asked
	for name, content := range map[string]string{
		"template.json": string(templates.ECSBaseJobTemplate),
		"vars.json":     `{"image": "me/mine:1", "cpu": 512, "memory": 1024}`,
		"run.json":      `{"flow_run": {"id": "r", "name": "run", "deployment_id": "d"}, "work_pool": {"name": "p"}, "worker_name": "w"}`,
		"list.json":     `[]`,
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := runWorker(t, "preview", "--base-job-template", "template.json", "--job-variables",
		"vars.json", "--run", "run.json")
	if code != 0 || !strings.Contains(stdout, `"family": "prefect_p_d"`) || !strings.Contains(stdout, "RunTask:") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	code, _, stderr = runWorker(t, "preview", "--base-job-template", "list.json", "--run", "run.json")
	if code != 1 || !strings.Contains(stderr, "base_job_template") {
		t.Errorf("exit %d for a template that is a list: %s", code, stderr)
	}
}

// A variable that the template does not have is a warning, and an error to the strict.
func TestWorkerPreviewOfALeftover(t *testing.T) {
	previewWorld(t)
	args := []string{"preview", "--deployment", "flow/dep", "--job-variable", "imgae=x"}
	code, _, stderr := runWorker(t, args...)
	if code != 0 || !strings.Contains(stderr, `imgae (did you mean "image"?)`) {
		t.Errorf("exit %d: %s", code, stderr)
	}
	code, _, stderr = runWorker(t, append(args, "--strict")...)
	if code != 1 || !strings.Contains(stderr, `error: job_variables.imgae: `) {
		t.Errorf("exit %d with --strict: %s", code, stderr)
	}
}
