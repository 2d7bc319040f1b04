package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// Linux sends Pdeathsig when the thread that started a process ends, and Go ends the thread of a
// goroutine that stays locked to it.
func TestAProcessOutlivesTheThreadOfItsStarter(t *testing.T) {
	t.Parallel()
	p, thread := startOnAThreadThatEnds(t)
	eventually(t, "the thread to end", func() bool {
		_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", thread))
		return errors.Is(err, fs.ErrNotExist)
	})
	p.Terminate()
	await(t, p)
	if p.ExitCode() != 3 && p.ExitCode() != 128+int(syscall.SIGTERM) { // the latter before the trap
		t.Errorf("got exit code %d", p.ExitCode())
	}
}

// startOnAThreadThatEnds waits for a thread that is not the first one: that one never ends.
func startOnAThreadThatEnds(t *testing.T) (*Process, int) {
	t.Helper()
	type start struct {
		process *Process
		thread  int
	}
	started := make(chan start)
	var begin func()
	begin = func() {
		runtime.LockOSThread()
		if thread := syscall.Gettid(); thread != os.Getpid() {
			p, _ := run(t, "sh", "-c", "trap 'exit 3' TERM; while :; do sleep 0.05; done")
			started <- start{p, thread}
			return
		}
		defer runtime.UnlockOSThread()
		go begin()
	}
	go begin()
	got := <-started
	return got.process, got.thread
}
