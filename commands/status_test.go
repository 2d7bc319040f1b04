package commands_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"ecsctl/prefect"
)

const watchedAgain = "\x1b[H\x1b[2J"

// On a terminal --watch shows each look in the place of the one before, until Ctrl-C.
func TestStatusWatchOnATerminal(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run(bootstrapArgs...)
	term := a.open("status", "--pool", "etl", "--watch", "--interval", "50ms")
	term.answer("drift      none", "")
	term.answer(watchedAgain+"work pool", "\x03")
	term.exits(0, watchedAgain+`work pool "etl" is `)
}

// TestStatusWatchFits: whatever there is to show, the window holds it, with the verdict at its top.
func TestStatusWatchFits(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run(bootstrapArgs...)
	a.failRuns(3)
	for _, size := range []struct {
		cols, rows int
		sees       []string
	}{
		{100, 40, []string{"queues: default", "last hour  0 completed, 2 failed, 1 crashed, 0 cancelled; 0 scheduled",
			"launches   ", "run-2: Crashed no memory", "run-1: Failed no such table", "drift      none"}},
		{80, 24, []string{"queues: default", "run-2: Crashed no memory"}},
		{60, 8, []string{"lines more: ecsctl status"}},
	} {
		s := a.openScreen(size.cols, size.rows, nil, nil, "status", "--pool", "etl", "--watch", "--interval", "50ms")
		shown := s.sees(append(size.sees, `work pool "etl" is `)...)
		lines := strings.Split(shown, "\n")
		if !strings.HasPrefix(lines[0], `work pool "etl" is `) || len(lines) > size.rows {
			t.Errorf("%dx%d: the verdict is not at the top of\n%s", size.cols, size.rows, shown)
		}
		for line := range strings.SplitSeq(s.text()[strings.LastIndex(s.text(), watchedAgain):], "\n") {
			if ansi.StringWidth(line) > size.cols {
				t.Errorf("%dx%d: too wide: %q", size.cols, size.rows, line)
			}
		}
		s.press("\x03")
		s.exits(0, "")
	}
}

// failRuns leaves runs in the pool that have failed, the last of them crashed.
func (a *account) failRuns(count int) {
	api, err := prefect.New(prefect.Options{APIURL: a.Server.PrefectAPIURL()})
	a.must(err)
	flow, err := api.CreateFlow(a.t.Context(), "hello")
	a.must(err)
	deployment, err := api.CreateDeployment(a.t.Context(), prefect.DeploymentCreate{
		Name: "default", FlowID: flow.ID, WorkPoolName: "etl",
	})
	a.must(err)
	for i := range count {
		run, err := api.CreateFlowRun(a.t.Context(), deployment.ID,
			prefect.FlowRunCreate{Name: fmt.Sprintf("run-%d", i)})
		a.must(err)
		state := prefect.StateProposal{Type: prefect.Failed, Name: "Failed", Message: "no such table\nTraceback"}
		if i == count-1 {
			state = prefect.StateProposal{Type: prefect.Crashed, Name: "Crashed", Message: "no memory"}
		}
		_, err = api.SetFlowRunState(a.t.Context(), run.ID, state)
		a.must(err)
	}
}
