//go:build e2e

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/e2e/peers"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

const look = 100 * time.Millisecond

// arena is a sandbox with the pools, and what was launched in it.
type arena struct {
	dir    string
	server *sandbox.Server
	api    *prefect.Client
	pools  []string
	poolOf map[string]string // by run id

	mu       sync.Mutex
	launched map[string][]time.Time // by run id
}

func newArena(ctx context.Context, dir string, pools int) (*arena, error) {
	a := &arena{dir: dir, poolOf: map[string]string{}, launched: map[string][]time.Time{}}
	var err error
	a.server, err = sandbox.Start(sandbox.Options{
		Functions:  map[string]sandbox.Function{"prefecthq/*": a.play},
		PrefectAPI: prefectapi.New(),
	})
	if err != nil {
		return nil, err
	}
	if a.api, err = prefect.New(prefect.Options{APIURL: a.server.PrefectAPIURL()}); err != nil {
		return a, err
	}
	if _, err := ecs.NewFromConfig(a.server.Config()).CreateCluster(ctx, &ecs.CreateClusterInput{}); err != nil {
		return a, err
	}
	template, err := a.api.WorkerTemplate(ctx, "ecs")
	if err != nil {
		return a, err
	}
	for i := range pools {
		name := fmt.Sprint("pool-", i)
		if _, err := a.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{
			Name: name, Type: "ecs", BaseJobTemplate: template, IsPaused: true,
		}); err != nil {
			return a, err
		}
		a.pools = append(a.pools, name)
	}
	return a, nil
}

func (a *arena) close() { _ = a.server.Close() } // the process ends soon

// play is a container: it notes the launch, and its run is Completed at once.
func (a *arena) play(ctx context.Context, env []string) int {
	for _, variable := range env {
		id, ok := strings.CutPrefix(variable, "PREFECT__FLOW_RUN_ID=")
		if !ok {
			continue
		}
		a.mu.Lock()
		a.launched[id] = append(a.launched[id], time.Now())
		a.mu.Unlock()
		for _, state := range []prefect.StateType{prefect.Running, prefect.Completed} {
			if _, err := a.api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: state}); err != nil {
				return 1
			}
		}
	}
	return 0
}

func (a *arena) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.launched)
}

// seed makes runs of a pool that are due.
func (a *arena) seed(ctx context.Context, pool string, n int) error {
	flow, err := a.api.CreateFlow(ctx, "bench")
	if err != nil {
		return err
	}
	d, err := a.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: pool, FlowID: flow.ID, WorkPoolName: pool, JobVariables: json.RawMessage(`{"cpu": 256, "memory": 512}`),
	})
	if err != nil {
		return err
	}
	for range n {
		run, err := a.api.CreateFlowRun(ctx, d.ID, prefect.FlowRunCreate{})
		if err != nil {
			return err
		}
		a.poolOf[run.ID] = pool
	}
	return nil
}

// start starts a worker of all pools, which knows no quotas, and waits until it is online.
func (a *arena) start(ctx context.Context, binary, name string) (*peers.Process, error) {
	arguments := []string{"worker", "start", "--name", name, "--pool"}
	arguments = append(arguments, strings.Split(strings.Join(a.pools, " --pool "), " ")...)
	for _, action := range []string{"RunTask", "RegisterTaskDefinition", "DescribeTasks"} {
		arguments = append(arguments, "--rate", action+"=10000/s,burst=10000")
	}
	cmd := exec.Command(binary, arguments...)
	cmd.Env, cmd.Dir = append(a.server.Env(), "PATH=/usr/bin:/bin", "HOME="+a.dir, "DO_NOT_TRACK=1",
		// A pool that was paused is met within two seconds: the wait for that poll is none of the launches'.
		"AWS_EC2_METADATA_DISABLED=true", "PREFECT_WORKER_QUERY_SECONDS=2"), a.dir
	process, err := peers.Start(cmd, filepath.Join(a.dir, name+".log"))
	if err != nil {
		return nil, err
	}
	return process, process.Await(ctx, look, func() (bool, error) {
		for _, pool := range a.pools {
			workers, err := a.api.OnlineWorkers(ctx, pool)
			if err != nil {
				return false, err
			}
			online := false
			for _, w := range workers {
				online = online || w.Name == name
			}
			if !online {
				return false, nil
			}
		}
		return true, nil
	})
}

// open lets the workers have the runs.
func (a *arena) open(ctx context.Context) error {
	paused := false
	for _, pool := range a.pools {
		if err := a.api.UpdateWorkPool(ctx, pool, prefect.WorkPoolUpdate{IsPaused: &paused}); err != nil {
			return err
		}
	}
	return nil
}
