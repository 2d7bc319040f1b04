package console

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"ecsctl/internal/plaintext"
	"ecsctl/provision"
)

// sign is how a plan marks an action, with its colour on a terminal.
type sign struct {
	mark, Word string
	count      string // of the summary
	color      lipgloss.Color
}

// Signs has the sign of each action of a plan.
var Signs = map[provision.Action]sign{
	provision.Create: {"+", "create", "%d to create", "2"},
	provision.Update: {"~", "change", "%d to change", "3"},
	provision.Delete: {"-", "delete", "%d to delete", "1"},
	provision.Adopt:  {"=", "use", "%d existing to use", "6"},
	provision.None:   {" ", "unchanged", "%d unchanged", "8"},
	provision.Leave:  {"!", "leave", "%d left alone", "8"},
}

// actionOrder is the order of the summary line.
var actionOrder = []provision.Action{provision.Create, provision.Update, provision.Delete, provision.Adopt,
	provision.None, provision.Leave}

// planPrinter writes plans for people.
type planPrinter struct {
	ctx      context.Context
	out      io.Writer
	verbose  bool // ARNs are shown whole
	renderer *lipgloss.Renderer
}

// NewPlanPrinter returns a printer of plans, in colour if out is a terminal, and with whole ARNs if verbose.
func NewPlanPrinter(ctx context.Context, out io.Writer, verbose bool) planPrinter {
	return planPrinter{ctx, out, verbose, lipgloss.NewRenderer(out)}
}

// Print writes a heading, one line for each change with its fields below, a summary and, unless nil, what all of it
// costs then.
func (p planPrinter) Print(heading string, changes []provision.Change, cost *provision.Cost, warnings []string) {
	Printf(p.out, "%s\n\n", heading)
	for _, c := range changes {
		p.change(c)
	}
	Printf(p.out, "\n%s\n", summary(changes))
	if cost != nil {
		Printf(p.out, "%s\n", cost)
	}
	for _, w := range warnings {
		Printf(p.out, "%s %s\n", p.renderer.NewStyle().Foreground(lipgloss.Color("3")).Render("warning:"), p.named(w))
	}
}

func (p planPrinter) change(c provision.Change) {
	s := Signs[c.Action]
	line := fmt.Sprintf("  %s %-19s %s", s.mark, c.Kind, plaintext.Line(c.Name))
	if c.Reason != "" {
		line += "  (" + plaintext.Line(c.Reason) + ")"
	}
	Printf(p.out, "%s\n", p.renderer.NewStyle().Foreground(s.color).Render(line))
	for _, f := range c.Fields {
		Printf(p.out, "      %s: %s -> %s%s\n", f.Path, p.named(shown(f.Before)), p.named(shown(f.After)),
			because(f.Why))
	}
}

func (p planPrinter) named(text string) string { return Named(p.ctx, p.out, p.verbose, text) }

func because(why string) string {
	if why == "" {
		return ""
	}
	return "  (" + plaintext.Line(why) + ")"
}

// shown makes an absent value visible.
func shown(value string) string {
	if value == "" {
		return "(none)"
	}
	return plaintext.Line(value)
}

func summary(changes []provision.Change) string {
	counts := map[provision.Action]int{}
	for _, c := range changes {
		counts[c.Action]++
	}
	var words []string
	for _, action := range actionOrder {
		if n := counts[action]; n > 0 {
			words = append(words, fmt.Sprintf(Signs[action].count, n))
		}
	}
	if len(words) == 0 {
		return "Nothing exists."
	}
	return strings.Join(words, ", ")
}

// BootstrapHeading returns the line above the plan of a bootstrap.
func BootstrapHeading(pool string, plan *provision.Bootstrap) string {
	return fmt.Sprintf("Work pool %q on %s, in AWS account %s, region %s:", pool, plan.Server, plan.Identity.Account,
		plan.Identity.Region)
}
