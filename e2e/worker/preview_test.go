//go:build e2e

package worker

import (
	"errors"
	"os/exec"
)

// preview runs `ecsctl worker preview` and returns its standard output and exit code.
func (w *world) preview(args ...string) ([]byte, int) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), all.Binary, append([]string{"worker", "preview"}, args...)...)
	cmd.Env, cmd.Dir = w.env, w.home
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return out, cmd.ProcessState.ExitCode()
}
