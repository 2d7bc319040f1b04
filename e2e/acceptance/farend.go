//go:build e2e

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/stage"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/sandbox"
)

// farEnd is an account and a Prefect server.
type farEnd struct {
	env     []string // of ecsctl
	source  *inventory.Source
	api     *prefect.Client
	secrets []string // what no report may have
	// runsTasks: containers run there, so that workers come online.
	runsTasks bool
	args      []string // of each bootstrap
	instances instances
	close     func()
}

// open starts or finds the far end that was chosen; dir is for its files.
func (o options) open(ctx context.Context, dir string) (*farEnd, error) {
	switch o.on {
	case onAWS:
		return o.openAWS(ctx)
	case onMoto:
		return o.openMoto(ctx, dir)
	}
	return o.openSandbox(ctx, dir)
}

func (o options) openSandbox(ctx context.Context, dir string) (*farEnd, error) {
	this, err := os.Executable()
	if err != nil {
		return nil, err
	}
	programs := filepath.Join(dir, "programs")
	if err := errors.Join(os.Mkdir(programs, 0o700),
		os.Symlink(this, filepath.Join(programs, playedProgram))); err != nil {
		return nil, err
	}
	server, err := sandbox.Start(sandbox.Options{
		Region: o.region, EnforceIAM: true, Images: map[string]string{"prefecthq/prefect*": programs},
		ContainerEnvironment: stage.QuickWorker,
	})
	if err != nil {
		return nil, err
	}
	far := &farEnd{
		env: o.home(dir, server.Env()), runsTasks: true, close: func() { _ = server.Close() },
		secrets: []string{server.SecretAccessKey()},
	}
	if err := far.connect(server.Config(), playedSettings(server)); err != nil {
		return far, err
	}
	far.instances, err = giveInstances(ctx, far.source)
	return far, err
}

// openMoto has the sandbox's Prefect beside moto's account.
func (o options) openMoto(ctx context.Context, dir string) (*farEnd, error) {
	server, err := sandbox.Start(sandbox.Options{Region: o.region})
	if err != nil {
		return nil, err
	}
	moto, err := peers.StartMoto(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	place := append(server.Env(), "AWS_ENDPOINT_URL="+moto.URL, "AWS_ACCESS_KEY_ID=e2e", "AWS_SECRET_ACCESS_KEY=e2e",
		"AWS_REGION="+o.region)
	far := &farEnd{
		env: o.home(dir, place), close: func() { moto.Kill(); _ = server.Close() },
		// moto has no registry to push an image to, and runs nothing.
		args: []string{"--runtime", "prefect", "--no-wait"},
	}
	cfg := moto.Config("123456789012", o.region)
	if err := far.connect(cfg, playedSettings(server)); err != nil {
		return far, err
	}
	return far, errors.Join(moto.KeepTasksRunning(ctx), peers.OpenDefaultVPC(ctx, far.source.EC2))
}

func playedSettings(server *sandbox.Server) prefect.Settings {
	_, auth := server.PrefectCredentials()
	return prefect.Settings{APIURL: server.PrefectAPIURL(), AuthString: prefect.Secret(auth)}
}

// openAWS finds account and server as ecsctl itself does: by the user's own settings.
func (o options) openAWS(ctx context.Context) (*farEnd, error) {
	cfg, err := provision.LoadAWSConfig(ctx, o.region, "", slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	settings, err := prefect.Discover(o.environ, "", prefect.Overrides{})
	if err != nil {
		return nil, err
	}
	far := &farEnd{env: append(slices.Clone(o.environ), "AWS_REGION="+o.region), runsTasks: true, close: func() {}}
	keys, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("failed to find credentials of AWS: %w", err)
	}
	far.secrets, far.instances = []string{keys.SecretAccessKey, keys.SessionToken, o.newKey}, o.own
	return far, far.connect(cfg, settings)
}

func (f *farEnd) connect(cfg aws.Config, s prefect.Settings) (err error) {
	f.secrets = append(f.secrets, string(s.APIKey), string(s.AuthString))
	f.api, err = prefect.New(prefect.Options{APIURL: s.APIURL, APIKey: s.APIKey, AuthString: s.AuthString,
		HTTPClient: &http.Client{Transport: &http.Transport{
			DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment,
		}}})
	f.source = inventory.NewSource(cfg, inventory.Prefect{})
	return err
}

// home is the environment of ecsctl on this machine's far ends: nothing of the user's own settings.
func (o options) home(dir string, place []string) []string {
	kept := slices.DeleteFunc(slices.Clone(o.environ), func(entry string) bool {
		return slices.ContainsFunc([]string{"AWS_", "PREFECT_", "ECSCTL_", "HOME="}, func(prefix string) bool {
			return strings.HasPrefix(entry, prefix)
		})
	})
	return append(append(kept, "HOME="+dir), place...)
}
