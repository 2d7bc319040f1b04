package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// refused looks whether a claim whose launch has failed has a task all the same: an answer was
// lost, or a replica of this worker's name has gone on with the claim. A task that is still wanted
// is taken over, another one is stopped.
func (s *submit) refused(
	ctx context.Context, log *slog.Logger, c candidate, job *jobtemplate.Job, clients *awsaccess.Clients,
	submitted prefect.Event,
	failure error,
) error {
	var unsure *unsureError
	mayExist := errors.As(failure, &unsure) || c.resumed || time.Since(c.claimed) > s.grace/2
	if !errors.Is(failure, errOvertaken) {
		// The next step gives the run another state: only its claim allows that.
		if err := s.claim.stands(ctx, log, c); err != nil {
			failure = err
		}
	}
	if !mayExist || errors.Is(failure, errOvertaken) && !errors.Is(failure, errLost) {
		return failure
	}
	made, found, err := s.tasks.started(ctx, log, clients, job.Cluster, startedBy(c.run.ID, c.claim))
	switch {
	case err != nil && errors.As(failure, &unsure) && awsaccess.Passing(err):
		return &haltedError{failure} // the next worker finds out
	case err != nil || !found:
		return failure
	case errors.Is(failure, errLost):
		s.tooLate.stop(ctx, log, c.ref(), place{clients, made.cluster, made.arn})
		return failure
	}
	return s.record(ctx, log, c, job, clients, made, definition{}, submitted)
}
