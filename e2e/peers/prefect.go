//go:build e2e

package peers

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

//go:embed prefect_server.py
var prefectServer string

// Server is a Prefect server.
type Server struct {
	*Process
	Venv string // the virtual environment that it and its workers run from
	URL  string // of the API, ".../api"

	port  int
	start func(ctx context.Context, socket *os.File) (*Process, error)
}

// Restart starts a server that was killed again, where it was, with what it knew.
func (s *Server) Restart(ctx context.Context) error {
	socket, err := listenAt(s.port)
	if err != nil {
		return err
	}
	s.Process, err = s.start(ctx, socket)
	return err
}

// StartPrefect starts the server of a virtual environment with an empty database
// in dir, and waits until it is healthy. More environment, as "NAME=value", is for
// settings such as PREFECT_SERVER_API_AUTH_STRING.
//
// It runs the application the way `prefect server start` of 2.20 does, but without
// that parent, which would leave its child behind when it is killed.
func StartPrefect(ctx context.Context, venv, dir string, env ...string) (*Server, error) {
	python, err := Program(venv, "python")
	if err != nil {
		return nil, err
	}
	home := filepath.Join(dir, venv)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("failed to make a home for the Prefect server: %w", err)
	}
	ready, made, err := emptyDatabase(python, home)
	if err != nil {
		return nil, err
	}
	socket, port, err := listen()
	if err != nil {
		return nil, err
	}
	server := &Server{Venv: venv, URL: fmt.Sprintf("http://127.0.0.1:%d/api", port), port: port}
	server.start = func(ctx context.Context, socket *os.File) (*Process, error) {
		process, err := Start(serverCommand(python, home, socket, slices.Concat(ready, env)),
			filepath.Join(dir, fmt.Sprintf("%s-%d.log", venv, port)))
		if err != nil {
			return nil, err
		}
		return process, process.waitHealthy(ctx, server.URL+"/health")
	}
	if server.Process, err = server.start(ctx, socket); err == nil {
		err = made(ctx)
	}
	return server, err
}

func serverCommand(python, home string, socket *os.File, env []string) *exec.Cmd {
	cmd := exec.Command(python, "-c", prefectServer)
	cmd.Dir, cmd.ExtraFiles = home, []*os.File{socket}
	cmd.Env = append([]string{
		"PATH=" + filepath.Dir(python) + ":/usr/bin:/bin",
		"HOME=" + home, "PREFECT_HOME=" + home,
		"PREFECT_SERVER_ANALYTICS_ENABLED=false", "DO_NOT_TRACK=1", "PREFECT_UI_ENABLED=false",
		"PREFECT_LOGGING_SERVER_LEVEL=WARNING",
		// SQLite's writers wait for each other, and on a busy machine for longer than 10 s
		"PREFECT_API_DATABASE_TIMEOUT=60",
	}, env...)
	return cmd
}
