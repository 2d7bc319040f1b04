package prompt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// Lines asks line by line: nothing moves and nothing is drawn, so that screen readers,
// dumb terminals and logs get along with it. huh's own accessible mode throws away what
// a field refuses, is deaf to the context and knows no way back.
type Lines struct {
	in       *bufio.Reader
	out      io.Writer
	terminal *os.File // nil when in is none
}

// NewLines returns an Asker that reads lines from in and writes to out.
func NewLines(in io.Reader, out io.Writer) *Lines {
	l := &Lines{in: bufio.NewReader(in), out: out}
	if file, ok := in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		l.terminal = file
	}
	return l
}

const backWord = "<"

// Ask writes the question and reads lines until one of them is an answer.
func (l *Lines) Ask(ctx context.Context, q Question) ([]string, error) {
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
		line, err := l.readAnswer(ctx, q)
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

// readAnswer reads a line, a secret one unseen.
func (l *Lines) readAnswer(ctx context.Context, q Question) (string, error) {
	if !q.Secret || l.terminal == nil || l.in.Buffered() > 0 {
		return l.read(ctx, func() (string, error) { return l.in.ReadString('\n') })
	}
	fd := int(l.terminal.Fd())
	shown, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("failed to hide what is typed: %w", err)
	}
	line, err := l.read(ctx, func() (string, error) {
		raw, err := term.ReadPassword(fd)
		return string(raw), err
	})
	if ctx.Err() != nil {
		return line, errors.Join(err, term.Restore(fd, shown)) // the reading goes on, and keeps it hidden
	}
	l.print("\n") // the Enter that was not shown
	return line, err
}

// read waits for a line. The reading itself cannot be interrupted: after Ctrl-C the process
// ends and takes it along.
func (l *Lines) read(ctx context.Context, readLine func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		line, err := readLine()
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
		return "", ErrInterrupted
	}
}
