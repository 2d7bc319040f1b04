// Package doctor runs the checks of whether a pool can be set up and can work, one after the other.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/internal/awserr"
	"ecsctl/internal/onelook"
	"ecsctl/operate"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// DoctorOptions say what is looked at. Each far end comes with the error that kept it
// from being set up, if any: that is a finding too.
type DoctorOptions struct {
	// Options are those of a bootstrap; what their Spec leaves out is recalled. Clients are
	// nil when AWSErr is not.
	provision.Options
	AWS     aws.Config
	AWSErr  error
	Prefect *prefect.Client // nil when PrefectErr is not
	// Status says what is wrong with what a bootstrap made; nil asks nobody.
	Status     *status.Options
	PrefectErr error
	// Deployments has all deployments of the pool looked through, by the worker's own settings.
	Deployments bool
	Settings    map[string]string
	CheckTime   time.Duration // the limit of one check; default 30 s
}

// doctor is one examination. Later checks build on what earlier ones found.
type doctor struct {
	DoctorOptions
	checks []operate.Check

	spec     spec.Spec // recalled, with defaults
	id       provision.Identity
	known    bool   // AWS has said who we are
	blocked  string // the check that tells why AWS cannot be asked
	server   provision.Server
	reached  bool // the Prefect API gives answers
	answers  bool // and it gives them to us
	pool     *prefect.WorkPool
	running  *runningWorker // nil when there is no service
	observer bool
	learnt   []func(*doctor) // of these, what a check has found out
}

// Examine looks at all that a bootstrap and a worker need, and changes nothing. What is
// wrong is a result; the error is that of a ctx that has ended.
func Examine(ctx context.Context, o DoctorOptions) ([]operate.Check, error) {
	ctx = onelook.Begin(ctx)
	d := &doctor{DoctorOptions: o, spec: o.Spec, server: o.Server}
	looking, done := d.foresee(ctx)
	defer done()
	for _, looks := range rounds {
		d.look(looking, looks)
		if ctx.Err() != nil {
			return d.checks, ctx.Err()
		}
	}
	if d.Deployments {
		d.checkDeployments(looking)
	}
	return d.checks, ctx.Err()
}

// rounds are the checks in the order in which they are told, those at the same time that need nothing of each other.
// What a check finds for others (who we are, the server, what runs) is there in the next round.
var rounds = [][]check{
	{each((*doctor).checkCredentials), each((*doctor).checkClock),
		each((*doctor).checkAPI, (*doctor).checkKey, (*doctor).checkPool)},
	{each((*doctor).recall), each((*doctor).checkRegion)},
	{each((*doctor).checkPermissions), each((*doctor).checkLinkedRole), each((*doctor).checkNetwork),
		each((*doctor).checkQuota), each((*doctor).checkAdoptedRoles), each((*doctor).checkJob),
		each((*doctor).checkGroup), each((*doctor).checkImages), each((*doctor).checkWorkerKey)},
	{each((*doctor).checkMade), each((*doctor).checkCode)},
}

// check is one examination, or some that come one after the other.
type check []func(*doctor, context.Context)

func each(looks ...func(*doctor, context.Context)) check { return looks }

// look makes checks at the same time, each with what is known so far, and tells what they find in their order.
func (d *doctor) look(ctx context.Context, checks []check) {
	parts := make([]*doctor, len(checks))
	var group sync.WaitGroup
	for i, looks := range checks {
		part := *d
		part.checks, part.learnt = slices.Clone(d.checks), nil
		parts[i] = &part
		group.Go(func() {
			for _, look := range looks {
				limited, cancel := context.WithTimeout(ctx, cmp.Or(d.CheckTime, 30*time.Second))
				look(&part, limited)
				cancel()
				if ctx.Err() != nil {
					return
				}
			}
		})
	}
	group.Wait()
	before := len(d.checks)
	for _, part := range parts {
		d.checks = append(d.checks, part.checks[before:]...)
		for _, learn := range part.learnt {
			learn(d)
		}
	}
}

// learn notes what later checks build on.
func (d *doctor) learn(what func(*doctor)) {
	what(d)
	d.learnt = append(d.learnt, what)
}

// foresee begins to ask what the checks will ask, so that the answers are there when they do. done ends what is still
// asked then.
func (d *doctor) foresee(ctx context.Context) (looking context.Context, done func()) {
	looking, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	if d.PrefectErr == nil {
		group.Go(func() { _, _ = d.Prefect.ServerVersion(looking) })
		group.Go(func() { _ = tryKey(looking, d.Prefect) })
		if d.spec.Pool != "" {
			group.Go(func() { _, _ = d.Prefect.ReadWorkPool(looking, d.spec.Pool) })
			group.Go(func() { _, _ = d.Prefect.Deployments(looking, d.spec.Pool) })
		}
	}
	if d.AWSErr == nil && d.Status != nil && d.spec.Pool != "" {
		group.Go(func() { _, _, _ = status.FirstCause(looking, d.Status) })
		group.Go(func() { _, _ = d.vcpusInUse(looking) })
	}
	return looking, func() {
		cancel()
		group.Wait()
	}
}

// gravity has what is worst first.
var gravity = []operate.CheckStatus{operate.CheckFail, operate.CheckWarn, operate.CheckSkip, operate.CheckOK}

// WorstFirst sorts checks for people: failures first, each kind in the order of looking,
// which has causes before what they cause.
func WorstFirst(checks []operate.Check) []operate.Check {
	out := slices.Clone(checks)
	slices.SortStableFunc(out, func(a, b operate.Check) int {
		return cmp.Compare(slices.Index(gravity, a.Status), slices.Index(gravity, b.Status))
	})
	return out
}

func (d *doctor) add(name string, status operate.CheckStatus, reason, fix string) {
	d.checks = append(d.checks, operate.Check{Name: name, Status: status, Reason: reason, Fix: fix})
}

func (d *doctor) ok(name, reason string)        { d.add(name, operate.CheckOK, reason, "") }
func (d *doctor) skip(name, reason string)      { d.add(name, operate.CheckSkip, reason, "") }
func (d *doctor) warn(name, reason, fix string) { d.add(name, operate.CheckWarn, reason, fix) }
func (d *doctor) fail(name, reason, fix string) { d.add(name, operate.CheckFail, reason, fix) }

// failed is a failure that an error tells of.
func (d *doctor) failed(name string, err error) {
	fix := status.FixOf(err)
	if fix == "" && errors.Is(err, context.DeadlineExceeded) {
		fix = "look again; if it takes as long again, check the network and the proxy settings"
	}
	d.fail(name, err.Error(), fix)
}

// failedOrDenied fails a check, or skips it if we may not look.
func (d *doctor) failedOrDenied(name string, err error) {
	if awserr.Denied(err) {
		d.skip(name, err.Error())
		return
	}
	d.failed(name, err)
}

// needsAWS skips a check when AWS cannot be asked.
func (d *doctor) needsAWS(name string) bool {
	if d.known && d.blocked == "" {
		return true
	}
	d.skip(name, "AWS cannot be asked: see "+cmp.Or(d.blocked, checkCredentials))
	return false
}

// needsPrefect skips a check when Prefect cannot be asked.
func (d *doctor) needsPrefect(name string) bool {
	if d.answers {
		return true
	}
	d.skip(name, "the Prefect API cannot be asked: see "+checkAPI)
	return false
}

// bootstrapLine is a bootstrap that keeps what an earlier one chose.
func (d *doctor) bootstrapLine(ctx context.Context) string {
	return status.BootstrapLine(ctx, d.Status, d.spec.Pool)
}

// recall fills the Spec with what an earlier bootstrap chose, and looks at what runs.
func (d *doctor) recall(ctx context.Context) {
	if d.known && d.spec.Pool != "" {
		options := d.Options
		options.Spec = d.spec
		// What cannot be recalled is looked at as a bootstrap would make it.
		if recalled, err := provision.Recall(ctx, options); err == nil {
			d.learn(func(d *doctor) { d.spec = recalled.Spec })
		}
	}
	d.learn(func(d *doctor) {
		d.observer = d.spec.Observer == nil || *d.spec.Observer
		d.spec = d.spec.WithDefaults()
	})
	if d.known && d.spec.Pool != "" {
		running := d.findRunning(ctx)
		d.learn(func(d *doctor) { d.running = running })
	}
}
