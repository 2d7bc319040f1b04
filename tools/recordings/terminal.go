package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"ecsctl/internal/testkit/tty"
)

// terminal is one that a program runs on, whose screen can be looked at.
type terminal struct {
	cmd  *exec.Cmd
	tty  *os.File
	over chan error // the program's end

	mu   sync.Mutex
	emu  *vt.Emulator
	film *film
}

// open starts ecsctl. The first row of a film is the command line.
func open(ctx context.Context, cols, rows int, dir string, env, args []string) (*terminal, error) {
	t := &terminal{cmd: exec.CommandContext(ctx, filepath.Join(dir, "bin", "ecsctl"), args...),
		emu: vt.NewEmulator(cols, rows), over: make(chan error, 1), film: &film{args: args, cols: cols, rows: rows + 1}}
	t.cmd.Args[0] = "ecsctl" // as a person types it
	t.cmd.Env, t.cmd.Dir = env, dir
	var err error
	if t.tty, err = pty.StartWithSize(t.cmd, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		return nil, fmt.Errorf("failed to start ecsctl: %w", err)
	}
	go func() { _, _ = io.Copy(t.tty, t.emu) }() // what the emulator answers
	go func() {
		_, _ = io.Copy(t, tty.Whole(t.tty)) // it ends with an error when the program does
		t.over <- t.cmd.Wait()
	}()
	return t, nil
}

// Write shows what the program writes.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.emu.Write(p)
	t.film.shoot(time.Now(), t.screen())
	return n, err
}

// screen is what is seen: the command as far as it has not gone past the top, and the rows.
func (t *terminal) screen() [][]run {
	out := [][]run{typed(t.film.args)}
	for y := range usedRows(t.emu) {
		out = append(out, runsOf(t.emu, y))
	}
	return out
}

func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.emu.String()
}

// sees waits until the text is on the screen and nothing has moved for a moment.
func (t *terminal) sees(ctx context.Context, what string) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	before := ""
	for {
		now := t.text()
		if now == before && strings.Contains(now, what) {
			return nil
		}
		before = now
		select {
		case <-ctx.Done():
			return fmt.Errorf("%q is not on the screen:\n%s", what, now)
		case err := <-t.over:
			return fmt.Errorf("it ended before %q was on the screen: %w\n%s", what, err, t.text())
		case <-ticker.C:
		}
	}
}

func (t *terminal) press(keys string) error {
	_, err := t.tty.WriteString(keys)
	return err
}

// ends waits for the end. An exit code other than 0 is part of what is shown, as of a
// status that finds something wrong; a program that was killed is not.
func (t *terminal) ends(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.over:
	}
	if !t.cmd.ProcessState.Exited() {
		return fmt.Errorf("ecsctl was killed: %s", t.cmd.ProcessState)
	}
	return nil
}

func (t *terminal) close() { _, _ = t.tty.Close(), t.emu.Close() }
