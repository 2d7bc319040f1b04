package commands_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/testkit/stage"
	"ecsctl/sandbox/fault"
)

// Keys.
const (
	enter  = "\r"
	down   = "\x1b[B"
	up     = "\x1b[A"
	back   = "\x1b[Z" // shift+tab
	ctrlC  = "\x03"
	ctrlD  = "\x04"
	space  = " "
	noWait = "--no-wait"
)

// asked is a question of the wizard and another answer than the default one.
type asked struct{ name, title, other string }

// questions are those of an empty account with a server's address in the environment.
var questions = []asked{
	{"region", "AWS region", up},
	{"pool", "Name of the new work pool", "nightly etl"},
	{"cluster", "ECS cluster", down + enter + "batch"},
	{"vpc", "VPC", down},
	{"subnets", "Subnets", space},
	{"group", "Security group", down},
	{"runtime", "Runtime", down},
	{"size", "Size of the worker", up + up + enter + down + enter + down + down},
	{"workers", "How many workers?", "2"},
	{"retention", "How long are logs kept?", up},
	{"capacity", "Where do flow runs run?", down},
}

// makeThem is the answer to the last question that goes ahead.
const makeThem = down + enter

const lastTitle = "Make these changes in account 123456789012"

// defaults presses Enter from one question to before another.
func (s *screen) defaults(from, to int) {
	s.t.Helper()
	for _, q := range questions[from:to] {
		s.asked(q.title)
		s.press(enter)
	}
}

// Enter throughout does what `ecsctl bootstrap` does without any option. Each screen is
// as it was looked at, on the smallest usual terminal.
func TestWizardDefaults(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 24, nil, nil, "bootstrap", noWait)
	for i, q := range questions {
		golden(t, fmt.Sprintf("wizard-%02d-%s", i+1, q.name), s.asked(q.title))
		s.press(enter)
	}
	golden(t, "wizard-12-end", s.asked(lastTitle))
	s.press(makeThem)
	s.exits(0, "created service prefect-worker-my-ecs-pool",
		"ecsctl bootstrap --pool my-ecs-pool --region eu-west-1 --binary .ecsctl-for-image --yes")
	a.wrote(24)
}

// The plan of the wizard is that of the command that it shows.
func TestWizardCommandMakesTheSamePlan(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"defaults", "all otherwise"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.secondVPC()
			var planned bytes.Buffer
			var env []string
			if name == "all otherwise" {
				env = []string{"AWS_REGION=sa-east-1"} // the sandbox plays the one before in the list
			}
			s := a.openScreen(80, 30, &planned, env, "bootstrap", "--dry-run", "--output", "json")
			for _, q := range questions {
				s.asked(q.title)
				if name == "all otherwise" {
					s.typed(q.other)
				}
				s.press(enter)
				if name == "all otherwise" && q.name == "runtime" {
					s.asked("Architecture")
					s.press(down + enter)
				}
			}
			s.exits(0, "The same without questions")
			command := s.command()
			for _, q := range []string{"--pool 'nightly etl'", "--cluster batch", "--vpc vpc-", "--subnet subnet-",
				"--security-group sg-", "--runtime prefect", "--architecture arm64", "--cpu 1024", "--memory 4096",
				"--desired-count 2", "--log-retention 14", "--capacity fargate-spot"} {
				if got := strings.Contains(command, q); got != (name == "all otherwise") {
					t.Errorf("%q in the command: %v: %s", q, got, command)
				}
			}
			a.wrote(0)
			if diff := cmp.Diff(planned.String(), a.shell(command+" --dry-run --output json")); diff != "" {
				t.Errorf("the wizard (-) and its command (+):\n%s", diff)
			}
		})
	}
}

// Back shows the question before with the answer that was given; from there on all goes
// as if it had been given at first.
func TestWizardBack(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 24, nil, nil, "bootstrap", noWait)
	s.asked(questions[0].title)
	s.press(back) // nowhere to go
	for i, q := range questions[1:] {
		s.asked(questions[i].title)
		s.press(enter)
		s.asked(q.title)
		s.press(back)
		s.asked(questions[i].title)
		s.press(enter)
		s.asked(q.title)
	}
	for i := len(questions) - 2; i >= 0; i-- {
		s.press(back)
		s.asked(questions[i].title)
	}
	s.press(enter)
	s.asked(questions[1].title)
	s.press("etl" + enter)
	s.sees("Work pool       etl", "┃ "+questions[2].title)
	s.press(down + enter)
	s.asked("Name of the cluster")
	s.press(back) // to the list
	s.asked(questions[2].title)
	s.press(back)
	s.sees("┃ > etl")
	s.press(ctrlC)
	s.exits(130, "interrupted: nothing was changed")
	a.wrote(0)
}

// Ctrl-C at any question ends with 130 and leaves nothing behind.
func TestWizardInterrupted(t *testing.T) {
	t.Parallel()
	for i := range len(questions) + 1 {
		title := lastTitle
		if i < len(questions) {
			title = questions[i].title
		}
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			s := a.openScreen(80, 24, nil, nil, "bootstrap")
			s.defaults(0, i)
			s.asked(title)
			s.press(ctrlC)
			s.exits(130, "interrupted: nothing was changed")
			a.wrote(0)
			a.hasNoFile("ecsctl.yaml")
		})
	}
}

// A narrow terminal, and one that becomes narrow, show all that is to be read.
func TestWizardNarrow(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(60, 20, nil, nil, "bootstrap", noWait)
	for i, q := range questions {
		golden(t, fmt.Sprintf("narrow-%02d-%s", i+1, q.name), s.asked(q.title))
		s.press(enter)
	}
	s.asked(lastTitle)
	s.press(ctrlC)
	s.exits(130)
}

func TestWizardResized(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 24, nil, nil, "bootstrap")
	s.defaults(0, 4)
	s.asked("Subnets")
	s.resize(60, 20)
	s.sees("┃ Subnets", "out, and nothing reaches in", "shift+tab back")
	s.resize(100, 40)
	s.sees("tasks get a public IP to reach out, and", "shift+tab back")
	s.press(enter)
	s.asked("Security group")
	s.press(ctrlC)
	s.exits(130)
}

func (s *screen) resize(cols, rows int) {
	s.t.Helper()
	s.mu.Lock()
	s.emu.Resize(cols, rows)
	s.mu.Unlock()
	if err := pty.Setsize(s.tty, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		s.t.Fatal(err)
	}
}

// Who may not list VPCs names one.
func TestWizardDeniedVPCs(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	vpc := a.defaultVPC()
	a.Server.AddFault(fault.Fault{Service: "ec2", Operation: "DescribeVpcs", Times: -1, Kind: fault.AccessDenied})
	s := a.openScreen(80, 24, nil, nil, "bootstrap", noWait)
	s.defaults(0, 3)
	golden(t, "denied-vpc", s.asked("Id of the VPC"))
	s.press("default" + enter)
	s.sees("an id looks like vpc-0a1b2c3d4e5f60718")
	s.press(strings.Repeat("\x7f", len("default")) + vpc + enter)
	s.defaults(4, len(questions))
	s.asked(lastTitle)
	s.press(makeThem)
	s.exits(0, "--vpc "+vpc, "created service prefect-worker-my-ecs-pool")
}

// What was given is not asked for.
func TestWizardAsksOnlyTheRest(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.write("ecsctl.yaml", "cluster: batch\nlogRetentionDays: 7\n")
	s := a.openScreen(80, 24, nil, []string{"ECSCTL_ARCHITECTURE=arm64"}, "bootstrap", "--wizard", "--pool", "etl",
		"--runtime", "prefect", "--region", "eu-west-1", "--cpu", "256", "--memory", "512", "--desired-count",
		"1", noWait)
	for _, title := range []string{"VPC", "Subnets", "Security group", "Where do flow runs run?"} {
		s.asked(title)
		s.press(enter)
	}
	s.asked(lastTitle)
	s.press(makeThem)
	s.exits(0, "ecsctl bootstrap --pool etl --region eu-west-1 --cluster batch --runtime prefect --binary "+
		".ecsctl-for-image --cpu 256 --memory 512 --architecture arm64 --desired-count 1 --log-retention 7 --yes")
}

// The answers are saved when that is wanted, with no key in them, and no file is
// overwritten without a yes.
func TestWizardSaves(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	saveAndStop := down + down + down + enter
	s := a.openScreen(80, 24, nil, nil, "bootstrap")
	s.defaults(0, len(questions))
	s.asked(lastTitle)
	s.press(saveAndStop)
	s.exits(0, "saved the settings in ecsctl.yaml")
	a.wrote(0)
	saved := a.file("ecsctl.yaml")
	if !strings.Contains(saved, "pool: my-ecs-pool\nregion: eu-west-1\n") || strings.Contains(saved, stage.CanaryMark) {
		t.Errorf("saved:\n%s", saved)
	}

	s = a.openScreen(80, 24, nil, nil, "bootstrap", "--wizard")
	for _, q := range questions[2:] { // pool and region are in the file now
		s.asked(q.title)
		s.press(enter)
	}
	s.asked(lastTitle)
	a.write("ecsctl.yaml", "pool: precious\n")
	s.press(saveAndStop)
	s.asked("ecsctl.yaml exists already.")
	s.press(enter)
	s.exits(0)
	if got := a.file("ecsctl.yaml"); got != "pool: precious\n" {
		t.Errorf("overwritten by:\n%s", got)
	}
	a.wrote(0)
}

// Without colours nothing is coloured; the words are the same.
func TestWizardWithoutColour(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	s := a.openScreen(80, 24, nil, []string{"NO_COLOR=1"}, "bootstrap")
	s.asked(questions[0].title)
	s.press(ctrlC)
	s.exits(130)
	for _, colour := range []string{"\x1b[3", "\x1b[9", "\x1b[1;3", "\x1b[38"} {
		for _, rest := range strings.Split(s.text(), colour)[1:] {
			if strings.HasPrefix(strings.TrimLeft(rest, "0123456789;"), "m") {
				t.Errorf("coloured: %q", colour+rest[:min(len(rest), 10)])
			}
		}
	}
}

func (a *account) write(name, content string) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(content), 0o644); err != nil {
		a.t.Fatal(err)
	}
}

func (a *account) file(name string) string {
	a.t.Helper()
	raw, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		a.t.Fatal(err)
	}
	return string(raw)
}

func (a *account) hasNoFile(name string) {
	a.t.Helper()
	if _, err := os.Stat(filepath.Join(a.dir, name)); err == nil {
		a.t.Errorf("%s was made", name)
	}
}
