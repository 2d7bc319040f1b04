// Command recordings makes docs/recordings/*.svg: what the real program shows on a
// terminal, in a sandbox. `make recordings` runs it; nothing in the pictures is written by hand.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"ecsctl/sandbox"
)

// limit is for all recordings together.
const limit = 5 * time.Minute

func main() {
	dir := flag.String("dir", "docs/recordings", "`DIR` to write to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := recordAll(ctx, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "recordings:", err)
		os.Exit(1)
	}
}

// recordAll builds the program, and carries the recordings out one after the other in one
// account: a later one sees what an earlier one has made.
func recordAll(ctx context.Context, dir string) error {
	work, err := os.MkdirTemp("", "ecsctl-recordings-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := buildProgram(ctx, filepath.Join(work, "bin", "ecsctl")); err != nil {
		return err
	}
	server, err := sandbox.Start(sandbox.Options{
		Region: "us-east-1", EnforceIAM: true, ContainerEnvironment: quickWorker,
	})
	if err != nil {
		return err
	}
	defer server.Close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	env := append(server.Env(), "HOME="+work, "PATH="+filepath.Join(work, "bin")+":"+os.Getenv("PATH"),
		"TERM=xterm-256color")
	for _, r := range recordings {
		frames, err := r.carryOut(ctx, work, env)
		if err != nil {
			return fmt.Errorf("failed to record %s: %w", r.name, err)
		}
		for name, picture := range frames {
			if err := os.WriteFile(filepath.Join(dir, name+".svg"), picture, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// buildProgram makes a static ecsctl, as it goes into the worker's image.
func buildProgram(ctx context.Context, file string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("failed to build ecsctl: %w: %s", err, out)
	}
	return nil
}
