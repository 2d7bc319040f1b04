package commands

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/charmbracelet/lipgloss"

	"ecsctl/commands/console"
	"ecsctl/internal/plaintext"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// statusPrinter writes a Status for people.
type statusPrinter struct {
	out      io.Writer
	tty      io.Writer // where it comes to be seen
	renderer *lipgloss.Renderer
	ctx      context.Context // of the command: its AWS is where links lead
	now      time.Time
	verbose  bool // ARNs are shown whole
}

func newStatusPrinter(ctx context.Context, out io.Writer, verbose bool) *statusPrinter {
	return &statusPrinter{ctx: ctx, out: out, tty: out, verbose: verbose, renderer: lipgloss.NewRenderer(out)}
}

// The colours: green is fine, red is not, yellow in between.
var (
	good = lipgloss.Color("2")
	bad  = lipgloss.Color("1")
	odd  = lipgloss.Color("3")
	dim  = lipgloss.Color("8")
)

func (p *statusPrinter) paint(color lipgloss.Color, text string) string {
	return p.renderer.NewStyle().Foreground(color).Render(text)
}

// verdict is the first line.
func (p *statusPrinter) verdict(s *status.Status) {
	p.now = s.Time
	verdict := p.paint(good, "healthy")
	if !s.Healthy {
		verdict = p.paint(bad, "not healthy")
	}
	pool := console.Link(p.tty, strconv.Quote(s.Pool), prefect.PageURL(s.Server, prefect.PageWorkPool, s.Pool))
	console.Printf(p.out, "work pool %s is %s  (account %s, region %s, cluster %s)\n", pool, verdict,
		s.Identity.Account, s.Identity.Region, s.Cluster)
}

// Print writes the verdict, the problems and the overview.
func (p *statusPrinter) Print(s *status.Status) {
	p.verdict(s)
	for _, problem := range s.Problems {
		p.problem(problem)
	}
	console.Printf(p.out, "\n")
	p.service(s, s.Service)
	p.workers(s)
	p.pool(s.WorkPool)
	p.tasks(s, s.FlowRunTasks)
	p.access(s.Access)
	p.drift(s)
	p.cost(s)
}

func (p *statusPrinter) problem(problem status.Problem) {
	mark := p.paint(bad, "FAIL")
	if problem.Severity == status.Warn {
		mark = p.paint(odd, "WARN")
	}
	cause := console.Named(p.ctx, p.tty, p.verbose, plaintext.Line(problem.Cause))
	console.Printf(p.out, "%s %s: %s\n", mark, problem.About, cause)
	for _, detail := range problem.Details {
		console.Printf(p.out, "       %s\n", p.paint(dim, plaintext.Line(detail)))
	}
	for i, fix := range problem.Fix {
		word := "fix:"
		if i > 0 {
			word = "or: "
		}
		console.Printf(p.out, "     %s %s\n", word, strings.TrimPrefix(fix, "or ")) // hints of errors may begin with it
	}
}

// row is a line of the overview: what, and how it is.
func (p *statusPrinter) row(what, format string, args ...any) {
	console.Printf(p.out, "%-10s %s\n", what, plaintext.Line(fmt.Sprintf(format, args...)))
}

func (p *statusPrinter) service(of *status.Status, s *status.Service) {
	if s == nil {
		p.row("service", "none")
		return
	}
	name := p.linkECS(of, s.Name, "service/"+of.Cluster+"/"+s.Name)
	p.row("service", "%s: %d desired, %d running, %d pending", name, s.Desired, s.Running, s.Pending)
	for _, d := range s.Deployments {
		line := fmt.Sprintf("%s deployment of %s, %s, %s ago", strings.ToLower(d.Status), d.TaskDefinition,
			strings.ToLower(d.Rollout), p.ago(d.Created))
		p.row("", "%s", line)
	}
	for _, t := range s.Tasks {
		line := fmt.Sprintf("task %s %s for %s", p.linkTask(of, t.ID), t.Status, p.ago(t.Created))
		if t.Health != "" {
			line += ", " + t.Health
		}
		p.row("", "%s", line)
	}
	for _, e := range s.Events[:min(3, len(s.Events))] {
		p.row("", "%s", p.paint(dim, fmt.Sprintf("%s ago: %s", p.ago(e.Time), e.Message)))
	}
}

// linkTask is the id of a task, with a link to it.
func (p *statusPrinter) linkTask(of *status.Status, id string) string {
	return p.linkECS(of, id, "task/"+of.Cluster+"/"+id)
}

// linkECS is text with a link to what ECS has.
func (p *statusPrinter) linkECS(of *status.Status, text, resource string) string {
	return console.LinkARN(p.ctx, p.tty, text, arn.ARN{Partition: of.Identity.Partition, Service: "ecs",
		Region: of.Identity.Region, AccountID: of.Identity.Account, Resource: resource}.String())
}

// ago is the time since then, rounded to what matters.
func (p *statusPrinter) ago(then time.Time) string {
	d := p.now.Sub(then)
	switch {
	case d < 0:
		return "0s"
	case d < time.Hour:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// offlineShown is how many workers are shown that are not online: Prefect keeps them all.
const offlineShown = 2

func (p *statusPrinter) workers(s *status.Status) {
	version := ""
	if s.Service != nil && len(s.Service.Tasks) > 0 {
		version = ", version " + s.Service.Tasks[0].Version
	}
	shown, offline := 0, 0
	for _, w := range s.Workers {
		if w.Status != "ONLINE" {
			if offline++; offline > offlineShown {
				continue
			}
		}
		shown++
		what := ""
		if shown == 1 {
			what = "worker"
		}
		line := fmt.Sprintf("%s: %s since %s, last heartbeat %s ago", w.Name, w.Status, p.ago(w.Since),
			p.ago(w.LastHeartbeat))
		if w.OfService {
			line += version
		}
		p.row(what, "%s", line)
	}
	switch {
	case shown == 0:
		p.row("worker", "no worker yet")
	case offline > offlineShown:
		p.row("", "and %d more that are offline", offline-offlineShown)
	}
}

func (p *statusPrinter) pool(pool *status.WorkPool) {
	if pool == nil {
		p.row("work pool", "not known")
		return
	}
	state := strings.ToLower(pool.Status)
	if pool.Paused {
		state = "paused"
	}
	limit := ""
	if pool.ConcurrencyLimit != nil {
		limit = fmt.Sprintf(" (limit %d)", *pool.ConcurrencyLimit)
	}
	p.row("work pool", "%s: %d flow runs running%s, %d pending, %d late", state, pool.Running, limit,
		pool.Pending, pool.Late)
	var queues []string
	for _, q := range pool.Queues {
		text := q.Name
		if q.Paused {
			text += " (paused)"
		}
		if q.ConcurrencyLimit != nil {
			text += fmt.Sprintf(" (limit %d)", *q.ConcurrencyLimit)
		}
		queues = append(queues, text)
	}
	p.row("", "queues: %s", strings.Join(queues, ", "))
}

// tasksShown is how many tasks fit on the screen.
const tasksShown = 10

func (p *statusPrinter) tasks(of *status.Status, tasks []status.FlowRunTask) {
	if len(tasks) == 0 {
		p.row("tasks", "no flow run has a task")
		return
	}
	slices.SortFunc(tasks, func(a, b status.FlowRunTask) int { return a.Created.Compare(b.Created) })
	for i, t := range tasks[:min(tasksShown, len(tasks))] {
		what := ""
		if i == 0 {
			what = "tasks"
		}
		line := fmt.Sprintf("%s: task %s %s for %s", t.FlowRun, p.linkTask(of, t.ID), t.Status, p.ago(t.Created))
		if t.State != "" {
			line += ", run " + t.State
		}
		p.row(what, "%s", line)
	}
	if more := len(tasks) - tasksShown; more > 0 {
		p.row("", "and %d more", more)
	}
}

// access shows the roles and secrets.
func (p *statusPrinter) access(changes []provision.Change) {
	for i, c := range changes {
		what := ""
		if i == 0 {
			what = "access"
		}
		state := "ok"
		switch c.Action {
		case provision.Create:
			state = p.paint(bad, "does not exist")
		case provision.Update:
			state = p.paint(odd, "differs")
		case provision.Adopt:
			state = "yours"
		case provision.None:
			if c.Reason != "" {
				state = "there; " + c.Reason
			}
		}
		p.row(what, "%s %s: %s", c.Kind, c.Name, state)
	}
}

// cost is that of what stands: where a bootstrap would change something it is not known.
func (p *statusPrinter) cost(s *status.Status) {
	if s.Cost != nil && len(s.Drift) == 0 {
		p.row("cost", "%s", s.Cost)
	}
}

func (p *statusPrinter) drift(s *status.Status) {
	if !s.Planned {
		p.row("drift", "not known")
		return
	}
	if len(s.Drift) == 0 {
		p.row("drift", "none: a bootstrap would change nothing")
		return
	}
	var parts []string
	for _, c := range s.Drift {
		parts = append(parts, fmt.Sprintf("%s %s", console.Signs[c.Action].Word, c.Kind))
	}
	p.row("drift", "a bootstrap would %s", strings.Join(parts, ", "))
}
