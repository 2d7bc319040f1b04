package provision_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"ecsctl/provision"
	"ecsctl/provision/handover"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

var update = flag.Bool("update", false, "write the golden files of exports anew")

// desiredSpecs are Specs in which each kind of resource, and each call that makes one, is in one of them.
func desiredSpecs() map[string]func(*spec.Spec) {
	yes, no, two := true, false, 2
	return map[string]func(*spec.Spec){
		"plain": func(*spec.Spec) {},
		"full": func(s *spec.Spec) {
			s.FlowRuns.BundleStorage, s.Worker.ExecuteCommand, s.ContainerInsights = true, &yes, "enhanced"
			s.FlowRuns.PolicyARNs = []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
			s.Tags = map[string]string{"team": "data team"}
			s.Worker.Env, s.Worker.DesiredCount = map[string]string{"QUOTES": `it's "$HOME" ${x} \`}, &two
		},
		"managed": func(s *spec.Spec) { s.FlowRuns.Capacity = spec.CapacityManagedInstances },
		"prefect": func(s *spec.Spec) { s.Worker.Runtime, s.Observer = spec.RuntimePrefect, &no },
	}
}

// change makes the Spec one of these. Managed Instances need private subnets, which bootstrap prefers for all.
func (a *account) change(change func(*spec.Spec)) {
	a.t.Helper()
	change(&a.spec)
	if a.spec.FlowRuns.ManagesInstances() {
		a.nat()
	}
}

func (a *account) desired() *provision.Desired {
	a.t.Helper()
	options := a.options()
	options.Server.AuthString, options.SecretsUnread = "me:canary", true
	out, err := provision.DesiredState(a.t.Context(), options)
	if err != nil {
		a.t.Fatalf("%v\nbelow it: %v", err, below(err))
	}
	return out
}

// wireNames are the names of services on the wire.
var wireNames = map[string]string{"ECS": "ecs", "IAM": "iam", "EC2": "ec2", "CloudWatch Logs": "logs", "ECR": "ecr",
	"Secrets Manager": "secretsmanager", "SQS": "sqs", "EventBridge": "events"}

// onWire is what the tap calls a call: S3's are not by name there.
func onWire(call provision.Call) string {
	if call.Service != "S3" {
		return wireNames[call.Service] + ":" + call.Operation
	}
	return map[string]string{
		"CreateBucket": "s3:PUT", "PutPublicAccessBlock": "s3:PUT publicAccessBlock",
		"PutBucketEncryption":             "s3:PUT encryption",
		"PutBucketLifecycleConfiguration": "s3:PUT lifecycle", "PutBucketPolicy": "s3:PUT policy",
	}[call.Operation]
}

// What is recorded is what a bootstrap really sends, call by call; looking writes nothing; and once the bootstrap has
// been, what is recorded is the same.
func TestDesiredStateIsWhatBootstrapDoes(t *testing.T) {
	t.Parallel()
	for name, change := range desiredSpecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			a.change(change)
			before := a.desired()
			if tried := a.tap.Tried(); len(tried) > 0 {
				t.Errorf("looking writes:\n%s", tried)
			}
			var recorded []string
			for _, step := range before.Steps {
				for _, call := range step.Calls {
					recorded = append(recorded, onWire(call))
				}
			}
			a.tap.Reset()
			options := a.options()
			options.Server.AuthString = "me:canary"
			a.carryOut(options)
			sent := slices.DeleteFunc(a.tap.Writes(), func(call string) bool {
				return strings.HasPrefix(call, "prefect:") || strings.HasPrefix(call, "registry:")
			})
			if a.spec.FlowRuns.BundleStorage { // a new bucket has both by itself, and bootstrap looks first
				sent = append(sent, "s3:PUT encryption", "s3:PUT publicAccessBlock")
			}
			slices.Sort(recorded)
			slices.Sort(sent)
			if diff := cmp.Diff(sent, recorded); diff != "" {
				t.Errorf("what bootstrap sends and what is recorded (-sent +recorded):\n%s", diff)
			}
			for _, format := range handover.Formats {
				if diff := cmp.Diff(a.export(format, before), a.export(format, a.desired())); diff != "" {
					t.Errorf("%s of what stands (-before +after):\n%s", format, diff)
				}
			}
		})
	}
}

func (a *account) carryOut(options provision.Options) {
	a.t.Helper()
	plan, err := provision.NewBootstrap(a.t.Context(), options)
	if err == nil {
		_, err = plan.Apply(a.t.Context(), silence{})
	}
	if err != nil {
		a.t.Fatalf("%v\nbelow it: %v", err, below(err))
	}
}

var (
	someIDs = regexp.MustCompile(`\b(vpc|subnet)-[0-9a-f]{8,}\b`)
	digests = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
)

// export writes what differs neither from account to account nor with the toolchain that made the worker's program.
func (a *account) export(format string, d *provision.Desired) string {
	a.t.Helper()
	text, err := handover.Write(format, a.spec.Pool, d, handover.Lines{
		Bootstrap: "ecsctl bootstrap --pool etl --yes", PushImage: "ecsctl worker image push --pool etl"})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, secret := range []string{"the-key", "canary"} {
		if strings.Contains(text, secret) {
			a.t.Errorf("%s has the secret %q in it", format, secret)
		}
	}
	// The order of subnets is another in each account, so that the names are by place.
	n := 0
	text = someIDs.ReplaceAllStringFunc(text, func(id string) string {
		kind, _, _ := strings.Cut(id, "-")
		if kind == "vpc" {
			return "vpc-0123456789abcdef0"
		}
		n++
		return fmt.Sprintf("subnet-%017d", n)
	})
	text = digests.ReplaceAllString(text, strings.Repeat("0123456789abcdef", 4))
	return strings.ReplaceAll(text, a.url, "https://prefect.example.com/api")
}

// Whatever bootstrap makes is in both formats: a kind that one of them does not know fails here.
func TestExportHasAllThatBootstrapMakes(t *testing.T) {
	t.Parallel()
	outside := []provision.Kind{provision.KindWorkPool, provision.KindImage}
	for name, change := range desiredSpecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			a.change(change)
			d := a.desired()
			for _, planned := range a.plan() {
				kind, action, _ := strings.Cut(planned, " ")
				if action == "create" && !d.Makes(provision.Kind(kind)) &&
					!slices.Contains(outside, provision.Kind(kind)) {
					t.Errorf("bootstrap makes the %s, and the export does not", kind)
				}
			}
			template, script := a.export(handover.CloudFormation, d), a.export(handover.CLI, d)
			checkTemplate(t, template)
			checkScript(t, script)
			golden(t, name+".yaml", template)
			golden(t, name+".sh", script)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("handover", "testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// checkTemplate: it is YAML, and all that it refers to is in it.
func checkTemplate(t *testing.T, text string) {
	t.Helper()
	var template struct {
		Parameters map[string]any `yaml:"Parameters"`
		Resources  map[string]struct {
			Type       string   `yaml:"Type"`
			DependsOn  []string `yaml:"DependsOn"`
			Properties any      `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(text), &template); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	there := func(from, id string) {
		if _, ok := template.Resources[id]; !ok && template.Parameters[id] == nil {
			t.Errorf("%s refers to %q, which is not there", from, id)
		}
	}
	for id, r := range template.Resources {
		for _, after := range r.DependsOn {
			there(id, after)
		}
		raw, err := json.Marshal(r.Properties)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`"(?:Ref":|Fn::GetAtt":\[)"(\w+)"`).FindAllStringSubmatch(string(raw), -1) {
			there(id, found[1])
		}
		for _, found := range regexp.MustCompile(`"Fn::Sub":"\$\{(\w+)\.`).FindAllStringSubmatch(string(raw), -1) {
			there(id, found[1])
		}
	}
	if strings.Contains(text, "{{ecsctl:") {
		t.Errorf("a token is left in the template:\n%s", text)
	}
}

// checkScript: bash reads it, and every variable in it is set above.
func checkScript(t *testing.T, text string) {
	t.Helper()
	bash := exec.CommandContext(t.Context(), "bash", "-n")
	bash.Stdin = strings.NewReader(text)
	if out, err := bash.CombinedOutput(); err != nil {
		t.Errorf("bash does not read the script: %v\n%s", err, out)
	}
	if strings.Contains(text, "{{ecsctl:") {
		t.Errorf("a token is left in the script:\n%s", text)
	}
	for _, found := range regexp.MustCompile(`"\$([a-z_]+_(?:id|arn|uri))"`).FindAllStringSubmatch(text, -1) {
		set, used := strings.Index(text, "\n"+found[1]+"=$("), strings.Index(text, `"$`+found[1]+`"`)
		if set < 0 || set > used {
			t.Errorf("the script uses %s before it is set", found[1])
		}
	}
}
