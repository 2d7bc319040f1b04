package jobtemplate

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that keeps a job from being sent.
type Problem struct {
	Path    string `json:"path"`          // where, such as "task_run_request.overrides.cpu"
	Message string `json:"message"`       // what is wrong; never a value that may be secret
	Hint    string `json:"fix,omitempty"` // what to change; may be empty
}

// String is the problem in one line.
func (p Problem) String() string {
	text := p.Message
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}

// Problems is the error of a job that can never work. It lists everything that was
// found, not just the first. Trying again without a change is of no use.
type Problems struct {
	List []Problem
}

// Error is all problems in one line, for the message of a Crashed state.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, problem := range p.List {
		lines[i] = problem.String()
	}
	if len(lines) == 1 {
		return "invalid job: " + lines[0]
	}
	return fmt.Sprintf("invalid job, %d problems: %s", len(lines), strings.Join(lines, "; "))
}

// findings collects problems and warnings on the way through the stages.
type findings struct {
	problems []Problem
	warnings []string
	secrets  *secretValues // what no problem may quote
}

func (f *findings) add(path, hint, format string, args ...any) {
	if len(f.problems) >= maxProblems {
		return // enough to know that the job cannot work
	}
	problem := Problem{Path: f.say(path), Message: f.say(fmt.Sprintf(format, args...)), Hint: f.say(hint)}
	if !slices.Contains(f.problems, problem) {
		f.problems = append(f.problems, problem)
	}
}

func (f *findings) warn(format string, args ...any) {
	warning := f.say(fmt.Sprintf(format, args...))
	if len(f.warnings) < maxProblems && !slices.Contains(f.warnings, warning) {
		f.warnings = append(f.warnings, warning)
	}
}

// say is a text without secrets, and not longer than a message may be.
func (f *findings) say(text string) string { return clip(f.secrets.mask(text)) }

// clip shortens what quotes a name of any length.
func clip(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "") + "..."
}

// err is the Problems so far, or nil.
func (f *findings) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	return &Problems{List: slices.Clone(f.problems)}
}
