package commands

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"ecsctl/commands/console"
	"ecsctl/internal/plaintext"
	"ecsctl/operate/status"
	"ecsctl/prefect"
)

// clearScreen goes to the upper left and wipes what is below.
const clearScreen = "\x1b[H\x1b[2J"

// watchScreen shows a status in a window: the verdict and what is wrong at the top, then what people look at
// all day. What has no room is left out, and the last line says so.
func watchScreen(ctx context.Context, streams console.Streams, verbose bool, s *status.Status) {
	width, height := 80, 24
	if file, ok := console.Raw(streams.Out).(*os.File); ok {
		if w, h, err := term.GetSize(int(file.Fd())); err == nil && w > 0 && h > 0 {
			width, height = w, h
		}
	}
	var all bytes.Buffer
	p := newStatusPrinter(ctx, streams.Out, verbose)
	p.out = &all
	p.watched(s)
	lines := strings.Split(strings.TrimRight(console.Wrap(plaintext.Text(all.String()), width), "\n"), "\n")
	if left := len(lines) - height; left > 0 {
		more := fmt.Sprintf("… %d lines more: ecsctl status", left+1)
		lines = append(lines[:height-1], p.paint(dim, more))
	}
	// Nothing behind the last line: the window would scroll, and the verdict leave it.
	console.Printf(console.Raw(streams.Out), "%s%s", clearScreen, strings.Join(lines, "\n"))
}

// watched writes the verdict, the problems and what goes on.
func (p *statusPrinter) watched(s *status.Status) {
	p.verdict(s)
	for _, problem := range s.Problems {
		p.problem(problem)
	}
	console.Printf(p.out, "\n")
	if v := s.Service; v != nil {
		p.row("service", "%s: %d desired, %d running, %d pending",
			p.linkECS(s, v.Name, "service/"+s.Cluster+"/"+v.Name),
			v.Desired, v.Running, v.Pending)
	}
	p.workers(s)
	p.pool(s.WorkPool)
	if a := s.Activity; a != nil {
		p.activity(s, a)
	}
	p.tasks(s, s.FlowRunTasks)
	p.drift(s)
}

func (p *statusPrinter) activity(s *status.Status, a *status.Activity) {
	p.row("last hour", "%d completed, %d failed, %d crashed, %d cancelled; %d scheduled", a.Completed,
		a.Failed, a.Crashed, a.Cancelled, a.Scheduled)
	p.row("launches", "%.1f a minute", a.LaunchesPerMinute)
	for i, f := range a.Failures {
		what := ""
		if i == 0 {
			what = "failures"
		}
		name := console.Link(p.tty, f.FlowRun, prefect.PageURL(s.Server, prefect.PageFlowRun, f.ID))
		p.row(what, "%s %s: %s %s", f.Time.Local().Format(time.TimeOnly), name, f.State, firstSentence(f.Message))
	}
}

// firstSentence is the first line of a state's message, which may be a whole traceback.
func firstSentence(message string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return first
}
