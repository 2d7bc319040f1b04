package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// HideInput keeps a terminal from showing what is typed or pasted until restore is called.
// It must come before whatever invites to type. Elsewhere than on a terminal it does nothing.
func HideInput(in io.Reader) (restore func() error, err error) {
	file, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return func() error { return nil }, nil
	}
	restore, err = echoOff(file.Fd())
	if err != nil {
		return nil, fmt.Errorf("failed to hide what is typed: %w", err)
	}
	return restore, nil
}

// ReadSecret invites to type one line, which is not shown.
func ReadSecret(ctx context.Context, in io.Reader, out io.Writer, invitation string) (secret []byte, err error) {
	restore, err := HideInput(in)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, restore()) }()
	l := NewLines(in, out)
	l.print("%s ", invitation)
	line, err := l.read(ctx)
	if err == nil {
		l.print("\n") // the Enter that was not shown
	}
	return []byte(line), err
}
