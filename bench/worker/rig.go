//go:build e2e

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"golang.org/x/sync/errgroup"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

const region = "eu-west-1"

// notLate keeps the server from marking the runs that wait as late, one after the other,
// in the middle of one contestant's time.
const notLate = "PREFECT_API_SERVICES_LATE_RUNS_AFTER_SECONDS=3600"

// rig is what the workers are timed against.
type rig struct {
	dir     string
	runs    int
	idleFor time.Duration
	moto    *peers.Moto
	server  *peers.Server
	api     *prefect.Client
	pools   int
}

func (r *rig) binary() string { return filepath.Join(r.dir, "ecsctl") }

func (r *rig) start(ctx context.Context, venv string) error {
	group, starting := errgroup.WithContext(ctx)
	group.Go(func() (err error) { r.moto, err = peers.StartMoto(starting, r.dir); return err })
	group.Go(func() (err error) { r.server, err = peers.StartPrefect(starting, venv, r.dir, notLate); return err })
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
	if r.moto != nil {
		r.moto.Kill()
	}
	if r.server != nil {
		r.server.Kill()
	}
}

// arena is what one contestant has to itself: an account, a paused pool with runs that
// are due, and taps that count its calls.
type arena struct {
	pool, account string
	runs          []*prefect.FlowRun
	aws, prefect  *wiretap.Tap
	// where the taps listen
	awsURL, prefectURL string
	env                []string
	dir                string
	close              func()
}

func (r *rig) arena(ctx context.Context, name string) (*arena, error) {
	r.pools++
	a := &arena{pool: fmt.Sprintf("bench-%d", r.pools), account: fmt.Sprintf("3%011d", r.pools), aws: &wiretap.Tap{},
		prefect: &wiretap.Tap{}, dir: r.dir}
	if err := r.prepare(ctx, a.account); err != nil {
		return nil, err
	}
	if err := r.seed(ctx, a); err != nil {
		return nil, err
	}
	if err := r.quiet(ctx); err != nil {
		return nil, err
	}
	aws, closeAWS, err := a.aws.Proxy(r.moto.URL, wiretap.AWS, http.Header{peers.AccountHeader: {a.account}})
	if err != nil {
		return nil, err
	}
	api, closeAPI, err := a.prefect.Proxy(strings.TrimSuffix(r.server.URL, "/api"), wiretap.Prefect, nil)
	if err != nil {
		return nil, err
	}
	a.close = func() { closeAWS(); closeAPI() }
	a.awsURL, a.prefectURL = aws, api+"/api"
	a.env = []string{
		"PATH=/usr/bin:/bin", "HOME=" + r.dir, "PREFECT_HOME=" + filepath.Join(r.dir, "home-"+name),
		"PREFECT_API_URL=" + a.prefectURL,
		"AWS_ENDPOINT_URL=" + a.awsURL, "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench",
		"AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true", "DO_NOT_TRACK=1", "PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED=false",
	}
	return a, nil
}

// prepare gives an account a cluster and a default VPC.
func (r *rig) prepare(ctx context.Context, account string) error {
	cfg := r.moto.Config(account, region)
	if _, err := ecs.NewFromConfig(cfg).CreateCluster(ctx, &ecs.CreateClusterInput{}); err != nil {
		return fmt.Errorf("failed to create a cluster: %w", err)
	}
	return peers.OpenDefaultVPC(ctx, ec2.NewFromConfig(cfg))
}

// seed makes the runs of one deployment in a pool that is paused until the worker is
// online.
func (r *rig) seed(ctx context.Context, a *arena) error {
	template, err := r.api.WorkerTemplate(ctx, "ecs")
	if err != nil {
		return err
	}
	if _, err := r.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: a.pool, Type: "ecs", BaseJobTemplate: template, IsPaused: true,
	}); err != nil {
		return err
	}
	flow, err := r.api.CreateFlow(ctx, "bench")
	if err != nil {
		return err
	}
	variables := json.RawMessage(`{"image": "busybox:1", "cluster": "default", "cpu": 256, "memory": 512}`)
	deployment, err := r.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: a.pool, FlowID: flow.ID, WorkPoolName: a.pool, JobVariables: variables,
	})
	if err != nil {
		return err
	}
	for range r.runs {
		run, err := r.api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{})
		if err != nil {
			return err
		}
		a.runs = append(a.runs, run)
	}
	return nil
}
