package provision_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"ecsctl/image"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/tinyprogram"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

const region = "eu-west-1"

// account is what one test has to itself: an AWS account and a Prefect server, played
// by a sandbox, and a tap on the wire to both.
type account struct {
	t      *testing.T
	server *sandbox.Server
	tap    *wiretap.Tap
	source *inventory.Source // past the tap, to read and to damage
	cfg    aws.Config        // of the tap
	api    *prefect.Client   // of the tap
	url    string            // of the tap
	spec   spec.Spec
}

// patience is how long a test waits before it fails: only what hangs takes as long.
const patience = 5 * time.Minute

// newAccount starts one in which calls are tried so many times. The service has no
// tasks: these tests are about what is set up.
func newAccount(t *testing.T, opts sandbox.Options, attempts int) *account {
	t.Helper()
	opts.Region = region
	if opts.PrefectAPI == nil {
		opts.PrefectAPI = prefectapi.New()
	}
	server, err := sandbox.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	a := &account{t: t, server: server, tap: &wiretap.Tap{}}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	config := func(url string) aws.Config {
		cfg := server.Config()
		cfg.BaseEndpoint = aws.String(url)
		cfg.Retryer = func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = attempts, 10*time.Millisecond
			})
		}
		return cfg
	}
	a.source = inventory.NewSource(config(server.URL()), inventory.Prefect{URL: server.PrefectAPIURL()})
	a.cfg = config(a.proxy(server.URL(), wiretap.AWS))
	a.url = a.proxy(strings.TrimSuffix(server.PrefectAPIURL(), "/api"), wiretap.Prefect) + "/api"
	a.api, err = prefect.New(prefect.Options{APIURL: a.url, MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	none := 0
	a.spec = spec.Spec{Pool: "etl", Region: region, Worker: spec.Worker{DesiredCount: &none}}
	return a
}

// reads makes another key the one by which the account is read and damaged.
func (a *account) reads(cfg aws.Config) {
	a.source = inventory.NewSource(cfg, inventory.Prefect{URL: a.server.PrefectAPIURL()})
}

func (a *account) proxy(target string, classify wiretap.Classify) string {
	a.t.Helper()
	url, closeProxy, err := a.tap.Proxy(target, classify, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(closeProxy)
	return url
}

// tinyBinary is the first test's: the layer that it packs serves all.
var tinyBinary atomic.Pointer[image.Binary]

// withBinary puts the tiny program into the image, unless the test has another binary.
func (a *account) withBinary() (spec.Spec, *image.Binary) {
	a.t.Helper()
	spec := a.spec
	tiny := spec.Worker.Binary == ""
	if tiny {
		spec.Worker.Binary = filepath.Join(a.t.TempDir(), "ecsctl")
		content, err := tinyprogram.AMD64()
		if err == nil {
			err = os.WriteFile(spec.Worker.Binary, content, 0o600)
		}
		if err != nil {
			a.t.Fatal(err)
		}
	}
	spec, binary, err := spec.UseBinary()
	if err != nil {
		a.t.Fatal(err)
	}
	if tiny && binary != nil && !tinyBinary.CompareAndSwap(nil, binary) {
		binary = tinyBinary.Load()
	}
	return spec, binary
}

// options are as package commands makes them.
func (a *account) options() provision.Options {
	spec, binary := a.withBinary()
	return provision.Options{
		Spec: spec.WithDefaults(), Binary: binary, Version: "test", Logger: slog.New(slog.DiscardHandler),
		PollInterval: 10 * time.Millisecond,
		Server:       provision.Server{APIURL: a.url, APIKey: "the-key"},
		Clients:      provision.ClientsFor(a.cfg, a.api),
	}
}

// silence hears of progress and says nothing.
type silence struct{}

func (silence) Start(provision.Kind, string, provision.Action) {}
func (silence) Done(provision.Applied, error)                  {}
func (silence) Note(string)                                    {}

// try plans and applies.
func (a *account) try(ctx context.Context) error {
	plan, err := provision.NewBootstrap(ctx, a.options())
	if err != nil {
		return err
	}
	_, err = plan.Apply(ctx, silence{})
	return err
}

// bootstrap plans and applies, which must succeed.
func (a *account) bootstrap() {
	a.t.Helper()
	if err := a.try(a.t.Context()); err != nil {
		a.t.Fatalf("%v\nbelow it: %v", err, below(err))
	}
}

// below is the innermost error: ours is worded for users, who are not told it.
func below(err error) error {
	if err == nil {
		return nil
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// plan lists the writing changes of a new plan as "kind action", sorted.
func (a *account) plan() []string {
	a.t.Helper()
	plan, err := provision.NewBootstrap(a.t.Context(), a.options())
	if err != nil {
		a.t.Fatalf("%v\nbelow it: %v", err, below(err))
	}
	var out []string
	for _, c := range plan.Changes {
		if c.Action == provision.Create || c.Action == provision.Update {
			out = append(out, string(c.Kind)+" "+string(c.Action))
		}
	}
	slices.Sort(out)
	return out
}

func (a *account) snapshot() *inventory.Snapshot {
	a.t.Helper()
	snap, err := a.source.Read(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	snap.Rename(a.url, "<prefect>")
	snap.Rename(strings.TrimPrefix(a.server.URL(), "http://"), "<registry>")
	return snap
}

func (a *account) same(what string, want *inventory.Snapshot) {
	a.t.Helper()
	if diff := inventory.Diff(want, a.snapshot()); diff != "" {
		a.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// settled fails the test unless a plan has nothing to do and a run writes nothing.
func (a *account) settled() {
	a.t.Helper()
	if changes := a.plan(); len(changes) != 0 {
		a.t.Errorf("there is still something to do: %q", changes)
	}
	a.tap.Reset()
	a.bootstrap()
	if tried := a.tap.Tried(); len(tried) != 0 {
		a.t.Errorf("a run with nothing to do writes:\n%s", tried)
	}
}
