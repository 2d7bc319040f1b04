//go:build e2e

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"golang.org/x/sync/errgroup"

	"ecsctl/e2e/peers"
	"ecsctl/internal/pause"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

const (
	region     = "eu-west-1"
	workerName = "wake"
	look       = 50 * time.Millisecond
	// step moves each round on within the workers' interval of ten seconds, so that a poll is
	// met at all of its moments.
	step = 370 * time.Millisecond
)

// rig is the peers that both workers share.
type rig struct {
	dir    string
	moto   *peers.Moto
	server *peers.Server
	api    *prefect.Client
	closes []func()
}

// contestant is a worker with its pool, and what its runs have waited.
type contestant struct {
	name       string
	deployment string
	launched   chan time.Time
	process    *peers.Process
	waits      []time.Duration
}

func (r *rig) binary() string { return filepath.Join(r.dir, "ecsctl") }

func (r *rig) start(ctx context.Context, venv string) error {
	group, starting := errgroup.WithContext(ctx)
	group.Go(func() (err error) { r.moto, err = peers.StartMoto(starting, r.dir); return err })
	group.Go(func() (err error) { r.server, err = peers.StartPrefect(starting, venv, r.dir); return err })
	group.Go(func() error { return peers.Build(starting, r.binary()) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := r.moto.KeepTasksRunning(ctx); err != nil {
		return err
	}
	var err error
	r.api, err = prefect.New(prefect.Options{APIURL: r.server.URL, MaxRetries: 50})
	return err
}

func (r *rig) close() {
	for _, end := range r.closes {
		end()
	}
	if r.moto != nil {
		r.moto.Kill()
	}
	if r.server != nil {
		r.server.Kill()
	}
}

// enter starts a worker and waits until it is online.
func (r *rig) enter(ctx context.Context, name string) (*contestant, error) {
	c := &contestant{name: name, launched: make(chan time.Time, 10)}
	account := fmt.Sprintf("4%011d", len(r.closes)+1)
	cfg := r.moto.Config(account, region)
	if _, err := ecs.NewFromConfig(cfg).CreateCluster(ctx, &ecs.CreateClusterInput{}); err != nil {
		return nil, fmt.Errorf("failed to create a cluster: %w", err)
	}
	if err := peers.OpenDefaultVPC(ctx, ec2.NewFromConfig(cfg)); err != nil {
		return nil, err
	}
	if err := r.seed(ctx, c); err != nil {
		return nil, err
	}
	tap := &wiretap.Tap{}
	tap.Inject(func(call wiretap.Call) *wiretap.Fault {
		if call.Operation == "ecs:RunTask" {
			c.launched <- time.Now()
		}
		return nil
	})
	aws, closeAWS, err := tap.Proxy(r.moto.URL, wiretap.AWS, http.Header{peers.AccountHeader: {account}})
	if err != nil {
		return nil, err
	}
	r.closes = append(r.closes, closeAWS)
	return c, r.startWorker(ctx, c, aws)
}

func (r *rig) startWorker(ctx context.Context, c *contestant, aws string) error {
	cmd := exec.Command(r.binary(), "worker", "start", "--pool", c.name, "--name", workerName)
	if c.name == "official" {
		program, err := peers.Program(r.server.Venv, "prefect")
		if err != nil {
			return err
		}
		cmd = exec.Command(program, "worker", "start", "--pool", c.name, "--name", workerName, "--type", "ecs")
	}
	cmd.Dir = r.dir
	cmd.Env = []string{
		"PATH=/usr/bin:/bin", "HOME=" + r.dir, "PREFECT_HOME=" + filepath.Join(r.dir, "home-"+c.name),
		"PREFECT_API_URL=" + r.server.URL,
		"AWS_ENDPOINT_URL=" + aws, "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench", "AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true", "DO_NOT_TRACK=1", "PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED=false",
	}
	var err error
	if c.process, err = peers.Start(cmd, filepath.Join(r.dir, c.name+".log")); err != nil {
		return err
	}
	r.closes = append(r.closes, c.process.Kill)
	return c.process.Await(ctx, look, func() (bool, error) {
		workers, err := r.api.Workers(ctx, c.name)
		return len(workers) > 0 && workers[0].Online(), err
	})
}

func (r *rig) seed(ctx context.Context, c *contestant) error {
	template, err := r.api.WorkerTemplate(ctx, "ecs")
	if err != nil {
		return err
	}
	if _, err := r.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: c.name, Type: "ecs", BaseJobTemplate: template,
	}); err != nil {
		return err
	}
	flow, err := r.api.CreateFlow(ctx, "wake")
	if err != nil {
		return err
	}
	variables := json.RawMessage(`{"image": "busybox:1", "cluster": "default", "cpu": 256, "memory": 512}`)
	deployment, err := r.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: c.name, FlowID: flow.ID, WorkPoolName: c.name, JobVariables: variables,
	})
	if err != nil {
		return err
	}
	c.deployment = deployment.ID
	return nil
}

// round makes a run for each worker, one after the other: two at once meet at the lock of the
// server's SQLite, and one of them waits for a second there.
func (r *rig) round(ctx context.Context, n int, both []*contestant) error {
	for _, c := range both {
		if err := r.launch(ctx, c); err != nil {
			return err
		}
	}
	return pause.For(ctx, time.Second+time.Duration(n%27)*step)
}

// launch makes a run and waits for its task.
func (r *rig) launch(ctx context.Context, c *contestant) error {
	began := time.Now()
	if _, err := r.api.CreateFlowRun(ctx, c.deployment, prefect.FlowRunCreate{}); err != nil {
		return err
	}
	select {
	case at := <-c.launched:
		c.waits = append(c.waits, at.Sub(began))
		return nil
	case <-c.process.Done():
		return fmt.Errorf("%s ended: %s", c.name, strings.TrimSpace(c.process.Tail()))
	case <-ctx.Done():
		return ctx.Err()
	}
}
