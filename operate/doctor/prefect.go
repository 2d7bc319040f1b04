package doctor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ecsctl/internal/shellword"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// Names of the checks of Prefect.
const (
	checkAPI         = "Prefect API"
	checkVersion     = "Prefect version"
	checkServerClock = "Prefect clock"
	checkKey         = "Prefect credentials"
	checkPool        = "work pool"
	checkWorkerKey   = "worker's API key"
)

// The oldest server that the worker is tested with.
const (
	oldestMajor, oldestMinor = 2, 20
	newestMajor              = 3
)

// checkAPI looks whether the server answers, and which one it is.
func (d *doctor) checkAPI(ctx context.Context) {
	if d.PrefectErr != nil {
		d.failed(checkAPI, d.PrefectErr)
		d.skip(checkVersion, "the Prefect API cannot be asked: see "+checkAPI)
		d.skip(checkServerClock, "the Prefect API cannot be asked: see "+checkAPI)
		return
	}
	err := d.Prefect.Health(ctx)
	if err != nil && !errors.Is(err, prefect.ErrUnauthorized) {
		d.failed(checkAPI, err)
		d.skip(checkVersion, "the Prefect API cannot be asked: see "+checkAPI)
		d.skip(checkServerClock, "the Prefect API cannot be asked: see "+checkAPI)
		return
	}
	d.learn(func(d *doctor) {
		d.reached, d.answers = true, true
		d.server.APIURL, d.server.Cloud = d.Prefect.APIURL(), d.Prefect.IsCloud()
	})
	if d.Clients.OutOfReach(d.server.APIURL) {
		d.warn(checkAPI, d.server.APIURL+" is this machine's own address: a worker in AWS cannot reach it",
			"give the address that AWS sees with --prefect-api-url")
	} else {
		d.ok(checkAPI, d.server.APIURL+" answers")
	}
	d.checkVersion(ctx)
	d.checkServerClock()
}

// serverSkewWarned is what the worker warns of too.
const serverSkewWarned = 5 * time.Second

// checkServerClock compares this machine's clock with that of the server. The worker goes by the
// server's, but the times of logs and of what is scheduled are read by people.
func (d *doctor) checkServerClock() {
	if ahead := d.Prefect.ClockAhead(); ahead.Abs() > serverSkewWarned {
		side := "ahead of"
		if ahead < 0 {
			side = "behind"
		}
		d.warn(checkServerClock, fmt.Sprintf("the Prefect server's clock is %s %s this machine's",
			ahead.Abs().Round(time.Second), side),
			"set the clock that is wrong: `timedatectl set-ntp true`; the check clock compares this machine's with "+
				"that of AWS")
		return
	}
	d.ok(checkServerClock, fmt.Sprintf("within %s of this machine's", serverSkewWarned))
}

func (d *doctor) checkVersion(ctx context.Context) {
	if d.server.Cloud {
		d.ok(checkVersion, "Prefect Cloud, always the newest")
		return
	}
	version, err := d.Prefect.ServerVersion(ctx)
	if errors.Is(err, prefect.ErrUnauthorized) {
		d.skip(checkVersion, "the server reveals it only with valid credentials")
		return
	}
	if err != nil {
		d.failed(checkVersion, err)
		return
	}
	d.learn(func(d *doctor) { d.server.Version = version })
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	majorNumber, _ := strconv.Atoi(major)
	minorNumber, err := strconv.Atoi(minor)
	switch {
	case err != nil:
		d.warn(checkVersion, fmt.Sprintf("ecsctl does not know version %q", version),
			"use a released server, 2.20 or newer")
	case majorNumber < oldestMajor:
		d.fail(checkVersion, version+" has no work pools of type ecs", "upgrade the server to Prefect 3")
	case majorNumber == oldestMajor && minorNumber < oldestMinor:
		d.warn(checkVersion, version+" is older than 2.20, the oldest that ecsctl is tested with",
			"upgrade the server to 2.20 or to Prefect 3")
	case majorNumber > newestMajor:
		d.warn(checkVersion, version+" is newer than what ecsctl is tested with", "look for a newer ecsctl")
	default:
		d.ok(checkVersion, version)
	}
}

// checkKey makes a call that takes credentials where the server or Cloud wants them, in
// the workspace of the API URL.
func (d *doctor) checkKey(ctx context.Context) {
	if !d.needsPrefect(checkKey) {
		return
	}
	if err := tryKey(ctx, d.Prefect); err != nil {
		d.learn(func(d *doctor) { d.answers = d.answers && !errors.Is(err, prefect.ErrUnauthorized) })
		if status.IsRefusedKey(err) && d.spec.Pool != "" {
			d.fail(checkKey, err.Error(), status.KeyFix(err, d.bootstrapLine(ctx)))
			return
		}
		d.failed(checkKey, err)
		return
	}
	what := "the server needs none"
	switch {
	case d.server.AuthString != "":
		what = "the auth string is accepted"
	case d.server.APIKey != "":
		what = "the API key is accepted"
	}
	d.ok(checkKey, what)
}

// tryKey asks for something that only those who may enter are told.
func tryKey(ctx context.Context, api *prefect.Client) error {
	_, err := api.FilterFlowRuns(ctx, prefect.FlowRunFilter{Limit: 1})
	return err
}

func (d *doctor) checkPool(ctx context.Context) {
	if d.spec.Pool == "" {
		d.skip(checkPool, "no --pool is given: only what does not depend on it is checked")
		return
	}
	if !d.needsPrefect(checkPool) {
		return
	}
	pool, err := d.Prefect.ReadWorkPool(ctx, d.spec.Pool)
	switch {
	case errors.Is(err, prefect.ErrNotFound):
		if near := provision.NearestPool(ctx, d.Prefect, d.spec.Pool); near != "" {
			d.warn(checkPool, fmt.Sprintf("there is no %q on this server", d.spec.Pool),
				fmt.Sprintf("did you mean %q?", near))
			return
		}
		d.ok(checkPool, fmt.Sprintf("there is no %q yet: bootstrap makes it", d.spec.Pool))
		return
	case err != nil:
		d.failed(checkPool, err)
		return
	}
	d.learn(func(d *doctor) { d.pool = pool })
	switch {
	case pool.Type != "ecs":
		d.fail(checkPool, fmt.Sprintf("%q is of type %q, and ECS workers serve only pools of type ecs", pool.Name,
			pool.Type), "name another pool with --pool")
	case pool.IsPaused:
		d.warn(checkPool, fmt.Sprintf("%q is paused: its workers are given no runs", pool.Name),
			"prefect work-pool resume "+shellword.Quote(pool.Name))
	default:
		d.ok(checkPool, fmt.Sprintf("%q is there, of type ecs", pool.Name))
	}
}
