package commands_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ecsctl/commands"
)

// How an example of a command is run, where running it in an empty account is not enough.
var exampleSetups = map[string]func(*account){
	"teardown":     func(a *account) { a.run("bootstrap", "--pool", "my-ecs-pool", "--yes", noWait) },
	"worker start": func(a *account) { a.run("bootstrap", "--pool", "my-ecs-pool", "--yes", noWait) },
	"sandbox":      func(a *account) { a.makeVenv() },
	"completion":   func(a *account) { a.mkdir(".zfunc"); a.mkdir(".config/fish/completions") },
}

// Examples that go on until Ctrl-C, and what shows that they have begun.
var staying = map[string]string{
	"ecsctl sandbox": "AWS_ENDPOINT_URL",
	"ecsctl sandbox --venv .venv --fault ecs:RunTask=throttle,times=3":                "AWS_ENDPOINT_URL",
	"ecsctl worker start --pool my-ecs-pool":                                          "my-ecs-pool",
	"ecsctl worker start -p my-ecs-pool -q high -q low --limit 50 --with-healthcheck": "my-ecs-pool",
}

// Examples that need a deployment, a run, files or a worker beside them, and the tests
// that make those and run the command.
var elsewhere = map[string]string{
	"worker preview": "worker_test.go, e2e/worker/preview_test.go",
	"worker health":  "worker_test.go",
}

// The help of every command begins with an example, and each example works as it stands.
func TestHelpExamples(t *testing.T) {
	t.Parallel()
	for _, example := range commands.HelpExamples() {
		if len(example.Lines) == 0 {
			t.Errorf("the help of %q does not begin with an example", example.Command)
		}
		if elsewhere[example.Command] != "" {
			continue
		}
		for _, line := range example.Lines {
			t.Run(line, func(t *testing.T) {
				t.Parallel()
				runExample(t, example.Command, line)
			})
		}
	}
}

func runExample(t *testing.T, command, line string) {
	a := newWorkingAccount(t)
	if setup := exampleSetups[command]; setup != nil {
		setup(a)
	}
	switch sign, stays := staying[line]; {
	case line == "ecsctl bootstrap":
		s := a.openScreen(80, 24, nil, nil, "bootstrap")
		s.defaults(0, len(questions))
		s.asked(lastTitle)
		s.press(makeThem)
		s.exits(0, `worker "prefect-worker-my-ecs-pool`)
	case stays:
		a.interrupted(line, sign)
	default:
		out, err := a.bash(line).CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

func (a *account) bash(line string) *exec.Cmd {
	cmd := exec.CommandContext(a.t.Context(), "bash", "-c", line)
	cmd.Env, cmd.Dir = a.env, a.dir
	return cmd
}

// interrupted runs a line until the sign of its having begun, ends it with Ctrl-C, and
// expects it to be content with that.
func (a *account) interrupted(line, sign string) {
	a.t.Helper()
	cmd := a.bash("exec " + line)
	out := &seen{sign: sign, found: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	select {
	case <-out.found:
	case <-ctx.Done():
		a.t.Fatalf("%q is not shown:\n%s", sign, out.text())
	case err := <-ended:
		a.t.Fatalf("it ended by itself: %v\n%s", err, out.text())
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		a.t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			a.t.Errorf("%v\n%s", err, out.text())
		}
	case <-ctx.Done():
		a.t.Fatalf("it does not end after Ctrl-C:\n%s", out.text())
	}
}

// seen collects output and tells when a sign was in it.
type seen struct {
	sign   string
	found  chan struct{}
	once   sync.Once
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (s *seen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.buffer.Write(p)
	if strings.Contains(s.buffer.String(), s.sign) {
		s.once.Do(func() { close(s.found) })
	}
	return n, err
}

func (s *seen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.String()
}

func (a *account) mkdir(name string) {
	a.t.Helper()
	if err := os.MkdirAll(filepath.Join(a.dir, name), 0o755); err != nil {
		a.t.Fatal(err)
	}
}

// makeVenv makes a virtual environment's directory, as far as the sandbox looks at it.
func (a *account) makeVenv() {
	a.t.Helper()
	a.mkdir(".venv/bin")
	program, err := exec.LookPath("prefect")
	if err != nil {
		a.t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(a.dir, ".venv/bin/prefect")); err != nil {
		a.t.Fatal(err)
	}
}
