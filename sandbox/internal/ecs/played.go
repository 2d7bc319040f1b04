package ecs

import "context"

// running is what a container is while it runs: a process, or a function of this program.
type running interface {
	Done() <-chan struct{}
	ExitCode() int // once it is done
	Terminate()    // SIGTERM
	Kill()
}

// Function plays a container: it is given the container's environment, returns the exit
// code, and must return when its context ends.
type Function func(ctx context.Context, env []string) (exitCode int)

// played is a container that a function plays.
type played struct {
	cancel context.CancelFunc
	done   chan struct{}
	code   int
}

func play(f Function, env []string) *played {
	ctx, cancel := context.WithCancel(context.Background())
	p := &played{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer cancel()
		p.code = f(ctx, env)
	}()
	return p
}

func (p *played) Done() <-chan struct{} { return p.done }
func (p *played) ExitCode() int         { return p.code }
func (p *played) Terminate()            { p.cancel() }
func (p *played) Kill()                 { p.cancel() }
