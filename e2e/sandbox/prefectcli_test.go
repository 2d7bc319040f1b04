//go:build e2e

package sandbox

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
)

//go:embed prefectcli.py
var prefectCLIScript string

// prefectCLI is Prefect's command line, started once.
type prefectCLI struct {
	t       *testing.T
	in      io.Writer
	answers *bufio.Scanner
}

func (w *world) startPrefectCLI(env []string) *prefectCLI {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), filepath.Join(w.venv, "python"), "-c", prefectCLIScript)
	cmd.Env, cmd.Dir, cmd.Stderr = env, w.home, os.Stderr
	in, err := cmd.StdinPipe()
	w.must(err)
	out, err := cmd.StdoutPipe()
	w.must(err)
	w.must(cmd.Start())
	w.t.Cleanup(func() {
		_ = in.Close() // it ends by itself then
		_ = cmd.Wait() // how it ended matters to nobody
	})
	answers := bufio.NewScanner(out)
	answers.Buffer(nil, 16<<20)
	return &prefectCLI{t: w.t, in: in, answers: answers}
}

// run runs a command and returns its exit code and what it printed.
func (c *prefectCLI) run(args ...string) (int, string) {
	c.t.Helper()
	if err := json.NewEncoder(c.in).Encode(map[string]any{"args": args}); err != nil {
		c.t.Fatal(err)
	}
	if !c.answers.Scan() {
		c.t.Fatalf("prefect %s: no answer: %v", strings.Join(args, " "), c.answers.Err())
	}
	var answer struct {
		Code   int
		Output string
	}
	if err := json.Unmarshal(c.answers.Bytes(), &answer); err != nil {
		c.t.Fatalf("prefect %s: %v: %s", strings.Join(args, " "), err, c.answers.Text())
	}
	return answer.Code, answer.Output
}

// typed is a command of Prefect's command line and what it must print.
type typed struct {
	command string // {RUN} is the id of the newest flow run
	want    string // a pattern
	only    string // a virtual environment, or both
	fails   bool
}

// TestPrefectCommandLine types what a person types, and looks at what comes back.
func TestPrefectCommandLine(t *testing.T) {
	t.Parallel()
	for _, venv := range []string{peers.Prefect3, peers.Prefect2} {
		t.Run(venv, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, venv, "--prefect-version", versions[venv])
			w.write("my_flow.py", myFlow)
			cli := w.startPrefectCLI(w.environ(w.venv))
			count := 0
			for _, c := range prefectCommands {
				if c.only != "" && c.only != venv {
					continue
				}
				count++
				w.typeIn(cli, c)
			}
			t.Logf("%d commands of prefect %s do in the sandbox what they do elsewhere", count, versions[venv])
		})
	}
}

func (w *world) typeIn(cli *prefectCLI, c typed) {
	w.t.Helper()
	command := c.command
	if strings.Contains(command, "{RUN}") {
		command = strings.ReplaceAll(command, "{RUN}", w.newestRun())
	}
	code, out := cli.run(strings.Fields(command)...)
	if (code != 0) != c.fails {
		w.t.Errorf("prefect %s: exit code %d\n%s", command, code, out)
	}
	if !regexp.MustCompile("(?s)" + c.want).MatchString(out) {
		w.t.Errorf("prefect %s: got %q, want %q", command, out, c.want)
	}
	if strings.Contains(out, "the ecsctl sandbox has no") {
		w.t.Errorf("prefect %s: %s", command, out)
	}
}

func (w *world) newestRun() string {
	w.t.Helper()
	var runs []flowRun
	w.must(w.api(w.env["PREFECT_API_URL"], "POST", "/flow_runs/filter", map[string]any{
		"sort": "EXPECTED_START_TIME_DESC", "limit": 1,
	}, &runs))
	if len(runs) == 0 {
		w.t.Fatal("there is no flow run")
	}
	return runs[0].ID
}
