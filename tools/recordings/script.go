package main

import (
	"context"

	"ecsctl/internal/ownport"
)

// recording is a command, and what is typed while it runs. One without a name leaves no
// picture. One that moves leaves a film of its screens, not the last one.
type recording struct {
	name       string
	args       []string
	cols, rows int
	moves      bool
	steps      []step
}

// step waits for a text on the screen, keeps the screen as a picture if that is named, and
// then types keys.
type step struct{ sees, picture, keys string }

const (
	enter = "\r"
	down  = "\x1b[B"
)

// recordings are all there are, in their order.
var recordings = []recording{
	{name: "demo", args: []string{"demo"}, cols: 90, rows: 28, moves: true},
	{name: "wizard", args: []string{"bootstrap"}, cols: 90, rows: 44, steps: []step{
		{sees: "AWS region", picture: "wizard-1-region", keys: enter},
		{sees: "Name of the new work pool", keys: enter},
		{sees: "ECS cluster", keys: enter},
		{sees: "┃ VPC", keys: enter},
		{sees: "┃ Subnets", picture: "wizard-2-subnets", keys: enter},
		{sees: "┃ Security group", keys: enter},
		{sees: "┃ Runtime", keys: enter},
		{sees: "┃ Size of the worker", picture: "wizard-3-size", keys: enter},
		{sees: "┃ How many workers?", keys: enter},
		{sees: "┃ How long are logs kept?", keys: enter},
		{sees: "┃ Where do flow runs run?", keys: enter},
		{sees: "┃ Make these changes", picture: "wizard-4-plan", keys: down + enter},
	}},
	{name: "status", args: []string{"status", "--pool", "my-ecs-pool"}, cols: 110, rows: 30},
	{name: "list", args: []string{"list"}, cols: 110, rows: 12},
	{name: "doctor", args: []string{"doctor", "--pool", "my-ecs-pool"}, cols: 130, rows: 40},
	{args: []string{"bootstrap", "--pool", "my-ecs-pool", "--desired-count", "0", "--yes", "--no-wait"},
		cols: 110, rows: 40},
	{name: "status-broken", args: []string{"status", "--pool", "my-ecs-pool"}, cols: 130, rows: 30},
}

// carryOut runs the command and returns the pictures: those of the steps, and the end
// under the recording's own name.
func (r recording) carryOut(ctx context.Context, dir string, env []string) (map[string][]byte, error) {
	t, err := open(ctx, r.cols, r.rows, dir, env, r.args)
	if err != nil {
		return nil, err
	}
	defer t.close()
	pictures := map[string][]byte{}
	for _, s := range r.steps {
		if err := t.sees(ctx, s.sees); err != nil {
			return nil, err
		}
		if s.picture != "" {
			pictures[s.picture] = t.picture(r.args)
		}
		if err := t.press(s.keys); err != nil {
			return nil, err
		}
	}
	if err := t.ends(ctx); err != nil {
		return nil, err
	}
	switch {
	case r.moves:
		pictures[r.name] = t.film.picture()
	case r.name != "":
		pictures[r.name] = t.picture(r.args)
	}
	return pictures, nil
}

// quickWorker lets the worker poll often, and answer health checks on a port of its own.
func quickWorker() ([]string, error) {
	port, err := ownport.Take()
	return []string{"PREFECT_WORKER_QUERY_SECONDS=1", "PREFECT_WORKER_WEBSERVER_HOST=127.0.0.1",
		"PREFECT_WORKER_WEBSERVER_PORT=" + port}, err
}
