// Package prompt asks questions on a terminal, one at a time: full of colour and keys
// where the terminal can do it, line by line for screen readers and plain terminals.
// The words are the same.
package prompt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ecsctl/internal/plaintext"
)

// Option is one answer of several.
type Option struct{ Label, Value string }

// Question is what is asked.
type Question struct {
	Title string
	Help  string // a sentence or two below the title
	// Options are the answers there are; none means that text is asked for.
	Options []Option
	// Many allows several options.
	Many bool
	// Secret text is not shown while it is typed.
	Secret bool
	// Default are the values that Enter takes.
	Default []string
	// Check refuses an answer; nil takes any.
	Check func(values []string) error
	// First says that there is no question before.
	First bool
	// Above is shown above the question: the answers so far.
	Above []string
}

// Asker asks a question. It returns the values of the chosen options or the text, ErrBack,
// console.ErrAbandoned, or the context's error.
type Asker interface {
	Ask(ctx context.Context, q Question) ([]string, error)
}

var (
	// ErrBack says that the question before is to be asked again.
	ErrBack = errors.New("back to the previous question")
	// ErrInputEnded says that nobody is there any more.
	ErrInputEnded = errors.New("the input ended before the last question: nothing was changed")
)

// check applies the question's own rule and the one that every list has.
func (q Question) check(values []string) error {
	if q.Many && len(values) == 0 {
		return errors.New("choose at least one")
	}
	if q.Check == nil {
		return nil
	}
	return q.Check(values)
}

// plain is the question in words that are harmless for a terminal: labels may be names that
// others have given.
func (q Question) plain() Question {
	q.Title, q.Help = plaintext.Text(q.Title), plaintext.Text(q.Help)
	q.Options, q.Above = slices.Clone(q.Options), slices.Clone(q.Above)
	for i := range q.Options {
		q.Options[i].Label = plaintext.Line(q.Options[i].Label)
	}
	for i := range q.Above {
		q.Above[i] = plaintext.Text(q.Above[i])
	}
	return q
}

// text is the answer to a question for text: what was typed, else the default.
func (q Question) text(typed string) []string {
	if typed = strings.TrimSpace(typed); typed != "" {
		return []string{typed}
	}
	return []string{q.defaultText()}
}

func (q Question) defaultText() string {
	if len(q.Default) == 0 {
		return ""
	}
	return q.Default[0]
}

// numbers are the numbers of the default options, from 1.
func (q Question) numbers() string {
	var out []string
	for i, o := range q.Options {
		for _, d := range q.Default {
			if o.Value == d {
				out = append(out, fmt.Sprint(i+1))
			}
		}
	}
	return strings.Join(out, ",")
}
