package commands_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/commands"
)

const (
	demoTest        = "e2e/sandbox/demo_test.go"
	deployTest      = "e2e/sandbox/deploy_test.go"
	deployOtherTest = "e2e/sandbox/deployother_test.go"
)

// elsewhere has the examples that need what a test of this package has not, with the test
// that runs them.
var elsewhere = map[string]string{
	"ecsctl demo --prefect-api-url http://127.0.0.1:4200/api --venv .venv":                  demoTest,
	"ecsctl deploy flow.py:my_flow --pool my-ecs-pool --run":                                deployTest,
	`ecsctl deploy flow.py:my_flow --pool my-ecs-pool --cron "0 6 * * *" --param day=today`: deployTest,
	"ecsctl deploy --all --pool my-ecs-pool":                                                deployTest,
	"ecsctl demo --flow flow.py:my_flow":                                                    demoTest,
	"ecsctl verify --pool my-ecs-pool --deployment my-flow/default":                         deployOtherTest,
	"ecsctl open my-ecs-pool --aws":                                                         "commands/open_test.go",
	"ecsctl image build --pool my-ecs-pool":                                                 deployTest,
}

// The help of every command begins with an example, and each example works as it stands:
// in an account that is as whoever types it has it.
func TestHelpExamples(t *testing.T) {
	t.Parallel()
	working := newWorkingPool(t)
	for _, example := range commands.HelpExamples() {
		if len(example.Lines) == 0 {
			t.Errorf("the help of %q does not begin with an example", example.Command)
		}
		for _, line := range example.Lines {
			if elsewhere[line] != "" {
				continue
			}
			t.Run(line, func(t *testing.T) {
				t.Parallel()
				a := working.account
				if scene := scenes[example.Command]; scene != nil {
					a = scene(t)
				}
				a.as(t).example(working.fill(line))
			})
		}
	}
}

// Each of the examples that are run elsewhere is still in a help, and the test still there.
func TestExamplesRunElsewhere(t *testing.T) {
	t.Parallel()
	for line, file := range elsewhere {
		if _, err := os.Stat(filepath.Join("..", file)); err != nil {
			t.Error(err)
		}
		found := false
		for _, example := range commands.HelpExamples() {
			found = found || strings.Contains("\n"+strings.Join(example.Lines, "\n")+"\n", "\n"+line+"\n")
		}
		if !found {
			t.Errorf("no help has the example %q", line)
		}
	}
}

// example runs a line to its good end.
func (a *account) example(line string) {
	a.t.Helper()
	sign, code := stays(line)
	switch {
	case line == "ecsctl bootstrap":
		a.throughTheWizard()
	case sign != "":
		a.untilInterrupted(line, sign, code)
	default:
		if out, err := a.bounded(line).CombinedOutput(); err != nil {
			a.t.Errorf("%v\n%s", err, out)
		}
	}
}

// throughTheWizard presses Enter, and confirms in the end.
func (a *account) throughTheWizard() {
	a.t.Helper()
	s := a.openScreen(80, 24, nil, nil, "bootstrap")
	s.defaults(0, len(questions))
	s.asked(lastTitle)
	s.press(makeThem)
	s.until(func() bool { return strings.Contains(inOneLine(s.text()), `worker "prefect-worker-my-ecs-pool-`) })
	s.exits(0, "is ONLINE")
}

// bounded is a command line with an end.
func (a *account) bounded(line string) *exec.Cmd {
	cmd := exec.CommandContext(a.limited(), "bash", "-c", line)
	cmd.Env, cmd.Dir = a.env, a.dir
	return cmd
}
