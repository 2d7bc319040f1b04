package roundtrips

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/commands/inputs"
	"ecsctl/internal/pipenet"
	"ecsctl/internal/testkit/patient"
	"ecsctl/operate/doctor"
	"ecsctl/operate/status"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// latency is that between Europe and us-east-1.
const latency = 150 * time.Millisecond

// traveller is somebody far from AWS.
type traveller struct {
	*patient.Patient
	far *Far
}

func (w *traveller) options() provision.Options {
	options := w.Options(w.Cfg, w.API(w.Server.PrefectAPIURL()))
	options.Spec = options.Spec.WithDefaults()
	return options
}

// command is one whose round trips are counted.
type command struct {
	name string
	goal int
	run  func(ctx context.Context, w *traveller) error
}

var commands = []command{
	{"bootstrap", 12, bootstrap},
	{"second bootstrap", 5, bootstrap},
	{"status", 6, func(ctx context.Context, w *traveller) error {
		options := w.options()
		options.Spec = spec.Spec{Pool: w.Spec.Pool, Region: w.Spec.Region}
		_, err := status.ReadStatus(ctx, w.statusOf(options))
		return err
	}},
	{"doctor", 8, func(ctx context.Context, w *traveller) error {
		o := doctor.DoctorOptions{AWS: w.Cfg, Prefect: w.API(w.Server.PrefectAPIURL())}
		o.Options = w.Options(w.Cfg, o.Prefect)
		told := w.statusOf(o.Options)
		o.Status = &told
		_, err := doctor.Examine(ctx, o)
		return err
	}},
	{"teardown", 12, func(ctx context.Context, w *traveller) error {
		options := w.options()
		options.Spec.Cluster = ""
		plan, err := provision.NewTeardown(ctx, provision.TeardownOptions{Options: options,
			Running: provision.RunningStop, Limit: time.Hour})
		if err != nil {
			return err
		}
		_, err = plan.Apply(ctx, silence{})
		return err
	}},
}

func (w *traveller) statusOf(options provision.Options) status.Options {
	return status.Options{Options: options, Bootstrap: inputs.CommandLine, UseBinary: inputs.UseBinary,
		StuckAfter: time.Hour}
}

func bootstrap(ctx context.Context, w *traveller) error {
	plan, err := provision.NewBootstrap(ctx, w.options())
	if err != nil {
		return err
	}
	_, err = plan.Apply(ctx, silence{})
	return err
}

type silence struct{}

func (silence) Start(provision.Kind, string, provision.Action) {}
func (silence) Done(provision.Applied, error)                  {}
func (silence) Note(string)                                    {}

// TestRoundTrips prints how many round trips each command takes one after the other, and fails where it takes more than
// it should. Time is simulated, so that the count is the same on any machine.
func TestRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		play := func(ctx context.Context, _ []string) int { <-ctx.Done(); return 0 }
		w := &traveller{Patient: patient.NewPatient(t, sandbox.Options{Listener: pipenet.New(),
			Functions: map[string]sandbox.Function{"prefecthq/*": play}}), far: &Far{latency: latency}}
		w.Wire = w.far.Over
		w.Cfg = w.Config(sandbox.AccessKeyID, w.Server.URL())
		for _, c := range commands {
			w.far.Forget()
			began := time.Now()
			if err := c.run(t.Context(), w); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			took, trips := time.Since(began), w.far.Trips()
			t.Logf("%-17s %2d round trips (goal %d), %d calls, %.2f s with %v to AWS and Prefect", c.name,
				len(trips), c.goal, len(w.far.calls), took.Seconds(), latency)
			if len(trips) > c.goal {
				t.Errorf("%s takes more than %d: %v", c.name, c.goal, trips)
			}
			for _, layer := range w.far.Layers() {
				t.Log(layer)
			}
		}
	})
}
