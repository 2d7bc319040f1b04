//go:build unix

package process

import (
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
)

// guardScript reads of groups that begin and end. When there is no more to read, the
// sandbox has gone, perhaps killed: what it left is killed too.
const guardScript = `trap '' HUP INT TERM
groups=
while read -r op id; do
	case $op in
	begin) groups="$groups $id" ;;
	end)
		rest=
		for g in $groups; do [ "$g" = "$id" ] || rest="$rest $g"; done
		groups=$rest ;;
	esac
done
for g in $groups; do kill -KILL "-$g" 2>/dev/null; done
`

// Guard is a process of its own that ends the groups of processes whose starter was
// killed and could not. It starts with the first of them.
type Guard struct {
	mu    sync.Mutex
	cmd   *exec.Cmd
	tell  io.WriteCloser
	ended bool
}

func (g *Guard) start() error {
	cmd := exec.Command("/bin/sh", "-c", guardScript)
	cmd.Env = []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // neither Ctrl-C nor a kill of our group reaches it
	tell, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("failed to make a pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("failed to start the guard of processes: %w", err)
	}
	g.cmd, g.tell = cmd, tell
	return nil
}

// ready starts the guard, if that is still to do.
func (g *Guard) ready() error {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cmd != nil || g.ended {
		return nil
	}
	return g.start()
}

func (g *Guard) begin(pid int) { g.say("begin", pid) }

func (g *Guard) end(pid int) { g.say("end", pid) }

func (g *Guard) say(op string, pid int) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cmd != nil && !g.ended {
		_, _ = fmt.Fprintln(g.tell, op, pid) // a guard that was killed is not replaced
	}
}

// Close kills the groups that have not ended, and ends the guard.
func (g *Guard) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cmd == nil || g.ended {
		return
	}
	g.ended = true
	_ = g.tell.Close()
	_ = g.cmd.Wait() // its exit code says nothing
}
