package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// A claim is asked again after every wait: for AWS, for a rate, for Prefect. A person may
// have ended, deleted or retried the run meanwhile, and another worker launched it.

var (
	// errOvertaken: the run is not to be launched by this worker any more.
	errOvertaken = errors.New("the flow run is no longer to be launched")
	// errLost: and a task that was launched for the claim is nobody's.
	errLost = fmt.Errorf("%w: its claim no longer stands", errOvertaken)
)

// freshLaunch is how old what is known of a claim may be when its task is asked for.
const freshLaunch = 2 * time.Second

// fate is what has become of a claim.
type fate int

const (
	waits fate = iota + 1 // the run is Pending by the claim
	begun                 // a task of the claim has begun, or is somebody's to stop
	lost                  // the run is over without having begun, deleted, or scheduled anew
)

// fateOf reads it off the states of the run, the oldest first.
func fateOf(states []prefect.State, claimID string) fate {
	now, ok := claimIn(states)
	if ok && now.id != claimID && now.isMistake() {
		// It is undone, and says nothing of the launch before it.
		made := slices.IndexFunc(states, func(s prefect.State) bool { return s.ID == now.id })
		return fateOf(states[:made], claimID)
	}
	if !ok || now.id != claimID {
		return lost
	}
	switch last := states[len(states)-1]; {
	case last.Type == prefect.Pending:
		return waits
	case !last.Type.Terminal(), now.ran:
		return begun
	}
	return lost
}

// fate asks for it.
func (c *claim) fate(ctx context.Context, log *slog.Logger, cand candidate) (fate, error) {
	var states []prefect.State
	err := insist(ctx, log, "checking the claim of the flow run", func(ctx context.Context) (err error) {
		states, err = c.api.FlowRunStates(ctx, cand.run.ID)
		return err
	})
	if err != nil {
		return 0, err
	}
	return fateOf(states, cand.claim), nil
}

// stands returns errOvertaken when the run no longer waits for its launch by the same claim.
func (c *claim) stands(ctx context.Context, log *slog.Logger, cand candidate) error {
	switch f, err := c.fate(ctx, log, cand); {
	case err != nil:
		return err
	case f == lost:
		return errLost
	case f == begun:
		return errOvertaken
	}
	return nil
}

// still is the claim's, for what is said of its run after a wait.
func (c *claim) still(log *slog.Logger, cand candidate) still {
	return func(ctx context.Context) (bool, error) {
		err := c.stands(ctx, log, cand)
		if errors.Is(err, errOvertaken) {
			return false, nil
		}
		return err == nil, err
	}
}

// notLost is the claim's, for what is said of its task.
func (c *claim) notLost(log *slog.Logger, cand candidate) still {
	return func(ctx context.Context) (bool, error) {
		f, err := c.fate(ctx, log, cand)
		return err == nil && f != lost, err
	}
}

// standing is what the launch of a candidate knows of its claim.
type standing struct {
	claim *claim
	log   *slog.Logger
	cand  candidate
	known time.Time // when the claim was last known to stand
}

// check asks for the claim unless it is known to stand.
func (s *standing) check(ctx context.Context) error {
	if s.fresh() {
		return nil
	}
	began := time.Now()
	if err := s.claim.stands(ctx, s.log, s.cand); err != nil {
		return &awsaccess.NotSentError{Cause: err}
	}
	s.known = began
	return nil
}

func (s *standing) fresh() bool { return time.Since(s.known) <= freshLaunch }

// doubt makes the next check ask.
func (s *standing) doubt() { s.known = time.Time{} }

// briefWait is how long AWS may take without any doubt in the claim.
const briefWait = 500 * time.Millisecond

// waited doubts the claim after a wait for AWS.
func (s *standing) waited(since time.Time) {
	if time.Since(since) > briefWait {
		s.doubt()
	}
}
