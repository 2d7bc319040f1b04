package prompt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ecsctl/commands/console"
)

// Lines asks line by line: nothing moves and nothing is drawn, so that screen readers,
// dumb terminals and logs get along with it. huh's own accessible mode throws away what
// a field refuses, is deaf to the context and knows no way back.
type Lines struct {
	in   *bufio.Reader
	out  io.Writer
	from io.Reader // what in reads
}

// NewLines returns an Asker that reads lines from in and writes to out.
func NewLines(in io.Reader, out io.Writer) *Lines {
	return &Lines{in: bufio.NewReader(in), out: out, from: in}
}

const backWord = "<"

// Ask writes the question and reads lines until one of them is an answer. A secret is
// hidden before anything invites to type it, and until the question is answered: people
// paste at once.
func (l *Lines) Ask(ctx context.Context, q Question) (values []string, err error) {
	if !q.Secret {
		return l.ask(ctx, q)
	}
	restore, err := HideInput(l.from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, restore()) }()
	return l.ask(ctx, q)
}

func (l *Lines) ask(ctx context.Context, q Question) ([]string, error) {
	q = q.plain()
	l.print("\n%s\n", q.Title)
	if q.Help != "" {
		l.print("%s\n", q.Help)
	}
	for i, o := range q.Options {
		l.print("  %d. %s\n", i+1, o.Label)
	}
	for {
		l.print("%s ", q.invitation())
		line, err := l.read(ctx)
		if q.Secret && err == nil {
			l.print("\n") // the Enter that was not shown
		}
		if err != nil {
			return nil, err
		}
		if line == backWord {
			return nil, ErrBack
		}
		values, err := q.parse(line)
		if err == nil {
			err = q.check(values)
		}
		if err == nil {
			return values, nil
		}
		l.print("%s\n", err)
	}
}

func (l *Lines) print(format string, args ...any) {
	_, _ = fmt.Fprintf(l.out, format, args...) // a terminal that is gone leaves nobody to tell
}

// invitation says what can be typed, with what Enter takes in brackets.
func (q Question) invitation() string {
	what, enter := "Your answer", q.defaultText()
	switch {
	case q.Many:
		what, enter = "Numbers, separated by commas", q.numbers()
	case len(q.Options) > 0:
		what, enter = "Number", q.numbers()
	}
	if enter != "" {
		what += " [" + enter + "]"
	}
	return what + ", or " + backWord + " to go back:"
}

func (q Question) parse(line string) ([]string, error) {
	switch {
	case len(q.Options) == 0:
		return q.text(line), nil
	case line == "":
		return q.Default, nil
	}
	words := []string{line}
	if q.Many {
		words = strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' })
	}
	var values []string
	for _, word := range words {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > len(q.Options) {
			return nil, fmt.Errorf("%q is not a number from 1 to %d", word, len(q.Options))
		}
		values = append(values, q.Options[n-1].Value)
	}
	return values, nil
}

// read waits for a line. The reading itself cannot be interrupted: after Ctrl-C the process
// ends and takes it along.
func (l *Lines) read(ctx context.Context) (string, error) {
	type result struct {
		line string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		line, err := l.in.ReadString('\n')
		got <- result{strings.TrimSpace(line), err}
	}()
	select {
	case r := <-got:
		if errors.Is(r.err, io.EOF) {
			return "", ErrInputEnded
		}
		return r.line, r.err
	case <-ctx.Done():
		l.print("\n")
		return "", console.ErrAbandoned
	}
}
