package console

import (
	"bufio"
	"context"
	"strings"
)

// ask prints a question and reads one line. Ctrl-C ends it with the context's error.
func ask(ctx context.Context, streams Streams, question string) (string, error) {
	Printf(streams.Err, "%s ", question)
	answer := make(chan string, 1)
	go func() {
		// The read cannot be interrupted; after Ctrl-C the process ends and takes it along.
		line, _ := bufio.NewReader(streams.In).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case line := <-answer:
		return line, nil
	case <-ctx.Done():
		Printf(streams.Err, "\n")
		return "", ctx.Err()
	}
}

// ErrDeclined ends a command whose plan was not confirmed.
var ErrDeclined = Usagef("not confirmed: nothing was changed")

// Confirm asks a question that needs a yes.
func Confirm(ctx context.Context, streams Streams, question string) error {
	answer, err := ask(ctx, streams, question+" [y/N]")
	if err != nil {
		return err
	}
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return ErrDeclined
	}
	return nil
}

// ConfirmName asks for a name to be typed, before something is deleted.
func ConfirmName(ctx context.Context, streams Streams, question, name string) error {
	answer, err := ask(ctx, streams, question)
	if err != nil {
		return err
	}
	if answer != name {
		return ErrDeclined
	}
	return nil
}
