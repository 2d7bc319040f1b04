//go:build e2e

package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
)

const (
	region = "eu-west-1"

	poolRun   = "guide, step 1: prefect work-pool create"
	idsRun    = "guide, step 2: looking up its ids"
	guideRun  = "guide, step 2: its AWS CLI commands"
	firstRun  = "ecsctl bootstrap, from nothing"
	secondRun = "ecsctl bootstrap, nothing to change"
)

// rig is what the runs are timed against.
type rig struct {
	dir     string
	binary  string
	moto    *peers.Moto
	prefect *peers.Server
}

func (b *rig) close() {
	if b.moto != nil {
		b.moto.Kill()
	}
	if b.prefect != nil {
		b.prefect.Kill()
	}
}

// round runs each contestant once, in an account that nobody used before; whoever
// goes first changes from round to round.
func (b *rig) round(ctx context.Context, n int, times map[string][]time.Duration) error {
	contestants := []func(context.Context, int, map[string][]time.Duration) error{b.guide, b.bootstrap}
	if n%2 == 0 {
		contestants[0], contestants[1] = contestants[1], contestants[0]
	}
	for _, run := range contestants {
		if err := run(ctx, n, times); err != nil {
			return fmt.Errorf("failed to run round %d: %w", n, err)
		}
	}
	return nil
}

func (b *rig) guide(ctx context.Context, n int, times map[string][]time.Duration) error {
	account := fmt.Sprintf("2%011d", n)
	if err := b.prepare(ctx, account); err != nil {
		return err
	}
	path := []string{"/usr/bin", "/bin"}
	for venv, program := range map[string]string{peers.AWS: "aws", peers.Prefect3: "prefect"} {
		found, err := peers.Program(venv, program)
		if err != nil {
			return err
		}
		path = append(path, filepath.Dir(found))
	}
	env := append([]string{"CLUSTER=default"}, "PATH="+strings.Join(path, ":"), "PREFECT_API_KEY=pnu_bench",
		"PREFECT_API_URL="+b.prefect.URL,
		"PREFECT_HOME="+b.dir, "DO_NOT_TRACK=1", fmt.Sprintf("POOL=guide-%d", n))
	script := filepath.Join(peers.Root(), "bench", "guide.sh")
	for _, stage := range []struct{ argument, name string }{{"pool", poolRun}, {"ids", idsRun}, {"worker", guideRun}} {
		out, err := b.time(exec.CommandContext(ctx, "bash", script, stage.argument), account, env, stage.name, times)
		if err != nil {
			return err
		}
		if stage.name == idsRun {
			env = append(env, strings.Fields(out)...)
		}
	}
	return nil
}

func (b *rig) bootstrap(ctx context.Context, n int, times map[string][]time.Duration) error {
	account := fmt.Sprintf("3%011d", n)
	if err := b.prepare(ctx, account); err != nil {
		return err
	}
	env := []string{"PATH=/usr/bin:/bin", "PREFECT_API_KEY=pnu_bench", "PREFECT_API_URL=" + b.prefect.URL}
	for _, name := range []string{firstRun, secondRun} {
		cmd := exec.CommandContext(ctx, b.binary, "bootstrap", "--pool", fmt.Sprintf("bench-%d", n), "--region", region,
			"--runtime", "prefect", "--yes", "--no-wait")
		if _, err := b.time(cmd, account, env, name, times); err != nil {
			return err
		}
	}
	return nil
}

// prepare gives an account what the guide takes for granted: the cluster and the network.
func (b *rig) prepare(ctx context.Context, account string) error {
	cfg := b.moto.Config(account, region)
	if err := peers.OpenDefaultVPC(ctx, ec2.NewFromConfig(cfg)); err != nil {
		return err
	}
	if _, err := ecs.NewFromConfig(cfg).CreateCluster(ctx,
		&ecs.CreateClusterInput{ClusterName: aws.String("default")}); err != nil {
		return fmt.Errorf("failed to create the cluster: %w", err)
	}
	return nil
}

// time runs a command against one account, through a proxy that names the account,
// and returns what it printed.
func (b *rig) time(cmd *exec.Cmd, account string, env []string, name string,
	times map[string][]time.Duration) (string, error) {
	tap := &wiretap.Tap{}
	endpoint, closeProxy, err := tap.Proxy(b.moto.URL, wiretap.AWS, http.Header{peers.AccountHeader: {account}})
	if err != nil {
		return "", err
	}
	defer closeProxy()
	cmd.Env = append(env, "HOME="+b.dir, "AWS_ENDPOINT_URL="+endpoint, "AWS_REGION="+region,
		"AWS_DEFAULT_REGION="+region,
		"AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench", "AWS_EC2_METADATA_DISABLED=true")
	cmd.Dir = b.dir
	began := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(began)
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	times[name] = append(times[name], took)
	fmt.Printf("%-40s %7.3f s, %d calls to AWS, %d of them writes\n", name, took.Seconds(), len(tap.Calls()),
		len(tap.Writes()))
	return string(out), nil
}
