//go:build e2e

package main

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// The ends of a step, and what became of a note.
const (
	passed    = "passed"
	failed    = "FAILED"
	skipped   = "skipped"
	confirmed = "confirmed"
	refuted   = "REFUTED"
	unknown   = "not seen"
)

// line is a row of the report.
type line struct {
	name, result, said string
	took               time.Duration
}

// report is what the suite saw. Everything that goes into it is masked.
type report struct {
	head    string
	steps   []line
	notes   []line
	output  strings.Builder // of the commands that failed
	secrets []string
	out     io.Writer // each step is told as it ends
}

const mask = "********"

// accounts are the ids of AWS's accounts: no secret, and nobody else's business.
var accounts = regexp.MustCompile(`\b[0-9]{12}\b`)

func (r *report) masked(text string) string {
	for _, secret := range r.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, mask)
		}
	}
	return accounts.ReplaceAllString(text, "<account>")
}

func (r *report) step(name, result, said string, took time.Duration) {
	l := line{name, result, r.masked(said), took}
	r.steps = append(r.steps, l)
	fmt.Fprintf(r.out, "%-8s %5.1f s  %s%s\n", result, took.Seconds(), name, prefixed(": ", firstLine(l.said)))
}

// note says what became of a line of docs/aws-notes.md.
func (r *report) note(id, result, evidence string) {
	l := line{name: id, result: result, said: r.masked(evidence)}
	r.notes = append(r.notes, l)
	fmt.Fprintf(r.out, "note     %s: %s%s\n", id, result, prefixed(", ", firstLine(l.said)))
}

// passed reports whether no step failed. A note that is refuted is a finding, and no failure.
func (r *report) passed() bool {
	for _, l := range r.steps {
		if l.result == failed {
			return false
		}
	}
	return true
}

// String is the report in Markdown.
func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# ecsctl acceptance: %s\n\n%s\n", map[bool]string{true: passed, false: failed}[r.passed()],
		r.masked(r.head))
	b.WriteString("\n| step | result | seconds | seen |\n| --- | --- | --- | --- |\n")
	for _, l := range r.steps {
		fmt.Fprintf(&b, "| %s | %s | %.1f | %s |\n", l.name, l.result, l.took.Seconds(), cell(l.said))
	}
	b.WriteString("\n## Notes on AWS (docs/aws-notes.md)\n\n| note | result | evidence |\n| --- | --- | --- |\n")
	for _, l := range r.notes {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", l.name, l.result, cell(l.said))
	}
	if r.output.Len() > 0 {
		fmt.Fprintf(&b, "\n## What the commands said\n\n```\n%s```\n", r.masked(r.output.String()))
	}
	return b.String()
}

func cell(text string) string {
	return cmp.Or(strings.NewReplacer("\n", "<br>", "|", `\|`).Replace(strings.TrimSpace(text)), "-")
}

func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return first
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
