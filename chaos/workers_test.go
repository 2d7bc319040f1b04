package chaos_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"ecsctl/internal/pause"
)

// workers are the processes of a pool.
type workers struct {
	w    *world
	args []string // beside those that all have

	mu    sync.Mutex
	alive []*process // one in each place
	names int        // given out
	kills int
}

type process struct {
	cmd     *exec.Cmd
	name    string
	started time.Time
	log     bytes.Buffer
}

// start fills so many places.
func (w *world) start(places int, args ...string) *workers {
	w.t.Helper()
	ws := &workers{w: w, args: args, alive: make([]*process, places)}
	for place := range places {
		if err := ws.fill(place, ""); err != nil {
			w.t.Fatal(err)
		}
	}
	w.t.Cleanup(ws.killAll)
	return ws
}

// fill starts a worker in a place, with a name of its own if none is given.
func (ws *workers) fill(place int, name string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if name == "" {
		ws.names++
		name = fmt.Sprintf("worker-%d", ws.names)
	}
	p := &process{name: name, started: time.Now()}
	args := append([]string{"worker", "start", "--pool", pool, "--name", name, "--verbose"}, ws.args...)
	p.cmd = exec.Command(filepath.Join(ws.w.dir, "ecsctl"), args...)
	p.cmd.Env, p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = ws.w.env(), ws.w.dir, &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	ws.alive[place] = p
	return nil
}

// kill ends the worker of a place with SIGKILL and returns its name.
func (ws *workers) kill(place int) (string, error) {
	ws.mu.Lock()
	p := ws.alive[place]
	ws.alive[place] = nil
	ws.mu.Unlock()
	if err := p.cmd.Process.Kill(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, p.tail())
	}
	_ = p.cmd.Wait() // it was killed
	ws.kills++
	return p.name, nil
}

func (ws *workers) killAll() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for place, p := range ws.alive {
		if p != nil {
			_ = p.cmd.Process.Kill() // it may have ended
			_ = p.cmd.Wait()
			ws.keep(p)
		}
		ws.alive[place] = nil
	}
}

// keep writes the log of a worker where a person looks for it.
func (ws *workers) keep(p *process) {
	if dir := os.Getenv("CHAOS_LOGS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, p.name+".log"), p.log.Bytes(), 0o600); err != nil {
			ws.w.t.Error(err)
		}
	}
}

// stop ends the workers as ECS does.
func (ws *workers) stop() {
	ws.w.t.Helper()
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for place, p := range ws.alive {
		if p == nil {
			continue
		}
		// A process that has just begun does not listen to signals yet.
		if err := pause.For(ws.w.t.Context(), time.Until(p.started.Add(2*time.Second))); err != nil {
			ws.w.t.Error(err)
		}
		if err := errors.Join(p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Wait()); err != nil {
			ws.w.t.Errorf("worker %s ended with %v\n%s", p.name, err, p.tail())
		}
		ws.keep(p)
		ws.alive[place] = nil
	}
}

// tail is the end of its log.
func (p *process) tail() []byte {
	const most = 4000
	b := p.log.Bytes()
	return b[max(0, len(b)-most):]
}

// havoc kills a worker now and then, and starts another in its place, of the same name
// or a new one, until over is closed. chance decides whom, when and how.
func (ws *workers) havoc(t *testing.T, chance *rand.Rand, over <-chan struct{}) {
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(chance.Int64N(int64(most-least)))
	}
	for {
		place, before, after, same := chance.IntN(len(ws.alive)), between(scaled(6*time.Second), scaled(time.Minute)),
			between(0, scaled(20*time.Second)), chance.IntN(2) == 0
		if waitOr(before, over) {
			return
		}
		name, err := ws.kill(place)
		if err != nil {
			t.Error(err)
			return
		}
		waitOr(after, over)
		if !same {
			name = ""
		}
		if err := ws.fill(place, name); err != nil {
			t.Error(err)
			return
		}
	}
}

// waitOr reports whether over was closed meanwhile.
func waitOr(d time.Duration, over <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-over:
		return true
	}
}
