//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
)

// What other tools make of an export is what bootstrap makes: the script of the AWS CLI, and the template by moto's
// CloudFormation. A bootstrap then finds all of it as its own, and has the work pool to make alone.
func TestExportOnMoto(t *testing.T) {
	t.Parallel()
	own := newWorld(t, all.Prefect3)
	own.bootstrap("--desired-count", "0")
	want := own.snapshot()
	for format, carryOut := range map[string]func(*world, string){
		"cli": (*world).runScript, "cloudformation": (*world).createStack,
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, all.Prefect3)
			file := filepath.Join(w.home, "export")
			w.ecsctl(0, "export", "--pool", w.pool, "--region", region, "--desired-count", "0", "--format", format,
				"--output", file)
			text, err := os.ReadFile(file)
			w.must(err)
			if strings.Contains(string(text), canary) {
				t.Error("the API key is in the export")
			}
			carryOut(w, file)
			if diff := cmp.Diff([]string{"work-pool create"}, w.plan("--desired-count", "0")); diff != "" {
				t.Errorf("what is left for a bootstrap (-want +got):\n%s", diff)
			}
			w.bootstrap("--desired-count", "0")
			got := w.snapshot()
			diff := stackID.ReplaceAllString(inventory.Diff(want, got), "<stack>")
			diff = version.ReplaceAllString(diff, `"<version>"`)
			if diff != exportDifferences[format] {
				t.Errorf("the inventories differ by (-bootstrap +%s):\n%s\nand what is known is:\n%s", format, diff,
					exportDifferences[format])
			}
			w.explained(diff)
		})
	}
}

var (
	stackID = regexp.MustCompile(`arn:aws:cloudformation:[^"]*`)
	// version is that of ecsctl: whether Go knows the commit depends on how the tests are run.
	version = regexp.MustCompile(`"(?:dev|v0\.0\.0-[^"]*)"`)
)

// exportDifferences are those that docs/moving.md explains: CloudFormation tags what it makes, and moto's, of these,
// the security group alone.
var exportDifferences = map[string]string{"cloudformation": `
- security-group default/prefect-<pool> > Tags > 0 > Key: "ecsctl:pool"
+ security-group default/prefect-<pool> > Tags > 0 > Key: "aws:cloudformation:logical-id"
- security-group default/prefect-<pool> > Tags > 0 > Value: "<pool>"
+ security-group default/prefect-<pool> > Tags > 0 > Value: "SecurityGroup"
- security-group default/prefect-<pool> > Tags > 1 > Key: "ecsctl:version"
+ security-group default/prefect-<pool> > Tags > 1 > Key: "aws:cloudformation:stack-id"
- security-group default/prefect-<pool> > Tags > 1 > Value: "<version>"
+ security-group default/prefect-<pool> > Tags > 1 > Value: "<stack>"
+ security-group default/prefect-<pool> > Tags > 2 > Key: "aws:cloudformation:stack-name"
+ security-group default/prefect-<pool> > Tags > 2 > Value: "<pool>"
+ security-group default/prefect-<pool> > Tags > 3 > Key: "ecsctl:pool"
+ security-group default/prefect-<pool> > Tags > 3 > Value: "<pool>"
+ security-group default/prefect-<pool> > Tags > 4 > Key: "ecsctl:version"
+ security-group default/prefect-<pool> > Tags > 4 > Value: "<version>"
`[1:]}

// explained: the page names each tag that a bootstrap does not set.
func (w *world) explained(diff string) {
	w.t.Helper()
	page, err := os.ReadFile(filepath.Join(peers.Root(), "docs", "moving.md"))
	w.must(err)
	for _, key := range regexp.MustCompile(`Key: "(aws:[^"]*)"`).FindAllStringSubmatch(diff, -1) {
		if !strings.Contains(string(page), "`"+key[1]+"`") {
			w.t.Errorf("docs/moving.md does not name the tag %s", key[1])
		}
	}
}

// withCLI runs a program with the AWS CLI on its PATH.
func (w *world) withCLI(args ...string) {
	w.t.Helper()
	cli, err := peers.Program(peers.AWS, "aws")
	w.must(err)
	cmd := exec.CommandContext(w.t.Context(), args[0], args[1:]...)
	cmd.Env = append(slices.Clone(w.env), "AWS_DEFAULT_REGION="+region)
	cmd.Env[0] = "PATH=" + filepath.Dir(cli) + ":/usr/bin:/bin"
	cmd.Dir = w.home
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// runScript tells the AWS CLI 1 where moto is in each call: without that it has an old address for SQS, whatever
// AWS_ENDPOINT_URL says.
func (w *world) runScript(file string) {
	w.t.Helper()
	const told = `aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }; export -f aws; exec bash "$0"`
	w.withCLI("/bin/bash", "-c", told, file)
}

// createStack has the key in a file, as the template's comments say.
func (w *world) createStack(file string) {
	w.t.Helper()
	raw, err := json.Marshal([]map[string]string{{"ParameterKey": "PrefectApiKey", "ParameterValue": canary}})
	w.must(err)
	parameters := filepath.Join(w.home, "parameters.json")
	w.must(os.WriteFile(parameters, raw, 0o600))
	cli, err := peers.Program(peers.AWS, "aws")
	w.must(err)
	w.withCLI(cli, "cloudformation", "create-stack", "--stack-name", w.pool, "--capabilities", "CAPABILITY_NAMED_IAM",
		"--template-body", "file://"+file, "--parameters", "file://"+parameters)
}
