//go:build e2e

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"ecsctl/e2e/peers"
	"ecsctl/internal/aws/answers"
)

const region = "eu-west-1"

// versions of the servers in the virtual environments.
var versions = map[string]string{peers.Prefect3: "3.8.8", peers.Prefect2: "2.20.26"}

// commandLimit is for one command, a wait for a worker included.
const commandLimit = 15 * time.Minute

// world is a running `ecsctl sandbox` and a home folder for those who use it.
type world struct {
	t       *testing.T
	process *peers.Process
	home    string
	env     map[string]string // what the sandbox prints
	venv    string            // where prefect and its programs are
}

// newWorld starts `ecsctl sandbox` whose official images are played by a virtual
// environment, and waits until it says where it is.
func newWorld(t *testing.T, venv string, args ...string) *world {
	t.Helper()
	return newWorldWith(t, venv, func(*world) []string { return args })
}

// newWorldWith is newWorld with arguments that need its home.
func newWorldWith(t *testing.T, venv string, args func(*world) []string) *world {
	t.Helper()
	python, err := peers.Program(venv, "python")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, home: t.TempDir(), env: map[string]string{}, venv: filepath.Dir(python)}
	cmd := exec.Command(shared.binary, append([]string{"sandbox", "--region", region, "--venv", filepath.Dir(w.venv)},
		args(w)...)...)
	cmd.Dir = w.home
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + w.home, "PIP_NO_INDEX=1"}
	log := filepath.Join(w.home, "sandbox.log")
	w.process, err = peers.Start(cmd, log)
	w.must(err)
	t.Cleanup(func() {
		w.process.Kill()
		if t.Failed() {
			t.Logf("the sandbox's output:\n%s", w.process.Tail())
		}
	})
	w.eventually("the sandbox is up", func() error { return w.readEnv(log) })
	return w
}

func (w *world) readEnv(log string) error {
	text, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if entry, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(entry, "=")
			w.env[name] = value
		}
		if strings.HasPrefix(line, "unset ") {
			return nil
		}
	}
	return errors.New("it has not said where it is")
}

// config is that of SDK clients that read the account past everyone else.
func (w *world) config() aws.Config {
	return aws.Config{
		APIOptions: answers.Options(),
		Region:     region, BaseEndpoint: aws.String(w.env["AWS_ENDPOINT_URL"]),
		Credentials: credentials.NewStaticCredentialsProvider(w.env["AWS_ACCESS_KEY_ID"],
			w.env["AWS_SECRET_ACCESS_KEY"], ""),
	}
}

// environ is the environment of a program that uses the sandbox. The directories come
// first on PATH; more overrides what the sandbox printed.
func (w *world) environ(dirs string, more ...string) []string {
	env := []string{
		"PATH=" + dirs + ":/usr/bin:/bin", "HOME=" + w.home, "PREFECT_HOME=" + filepath.Join(w.home, "prefect"),
		"DO_NOT_TRACK=1", "PREFECT_SERVER_ANALYTICS_ENABLED=false", "NO_COLOR=1", "TERM=dumb", "COLUMNS=300",
		"GOGC=" + os.Getenv("GOGC"),
	}
	for name, value := range w.env {
		env = append(env, name+"="+value)
	}
	return append(env, more...)
}

// run runs a program to its end and returns what it printed.
func (w *world) run(env []string, args ...string) string {
	w.t.Helper()
	path := args[0]
	if !strings.Contains(path, "/") {
		for _, entry := range env {
			if dirs, ok := strings.CutPrefix(entry, "PATH="); ok {
				path = find(path, dirs)
			}
		}
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args[1:]...)
	cmd.WaitDelay = time.Second
	cmd.Env, cmd.Dir = env, w.home
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func find(program, dirs string) string {
	for _, dir := range filepath.SplitList(dirs) {
		if _, err := os.Stat(filepath.Join(dir, program)); err == nil {
			return filepath.Join(dir, program)
		}
	}
	return program
}

// prefect runs Prefect's command line.
func (w *world) prefect(env []string, args ...string) string {
	w.t.Helper()
	return w.run(env, append([]string{filepath.Join(w.venv, "prefect")}, args...)...)
}

func (w *world) write(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.home, name)
	w.must(os.WriteFile(path, []byte(content), 0o644))
	return path
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// hang is longer than anything here takes, however busy the machine.
const hang = 10 * time.Minute

// eventually polls until ready has no error.
func (w *world) eventually(what string, ready func() error) {
	w.t.Helper()
	deadline := time.NewTimer(hang)
	defer deadline.Stop()
	tick := time.NewTicker(time.Second) // a look at a real server costs it a tenth of that
	defer tick.Stop()
	for {
		err := ready()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			w.t.Fatalf("waited %v in vain: %s: %v", hang, what, err)
		case <-w.t.Context().Done():
			w.t.Fatal(fmt.Errorf("%s: %w", what, w.t.Context().Err()))
		}
	}
}
