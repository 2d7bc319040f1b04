package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
)

// submit takes a candidate through the stages from claim to launch.
type submit struct {
	log       *slog.Logger
	lines     *runlog.Lines
	table     *table
	heartbeat *heartbeat
	recheck   *recheck
	claim     *claim
	resolve   *resolve
	clients   *awsaccess.Sets
	register  *register
	launch    *launch
	report    *report
	metrics   *metrics
	putOff    *putOff
	tasks     *findTask
	tooLate   *tooLate
	grace     time.Duration // after which others may go on with a claim
	line      *line
	events    *workerEvents
	renew     *renew
	passed    *passedRuns
}

// Run sees a candidate through, which has joined the line. Closing stop drops it as long
// as it is not claimed; ending ctx drops it in any case.
func (s *submit) Run(ctx context.Context, stop <-chan struct{}, c candidate, t *turn) {
	log := s.lines.Of(c.ref())
	for s.line.await(ctx, stop, t) {
		delay := s.try(ctx, log, c)
		s.line.leave(t)
		if delay == 0 {
			return
		}
		if !pauseUnless(ctx, stop, delay) {
			break
		}
		t = s.line.join(c.run.ID)
	}
	s.table.leave(c.run.ID)
}

// try claims the run and launches it. With a delay it is to be tried again.
func (s *submit) try(ctx context.Context, log *slog.Logger, c candidate) time.Duration {
	began := time.Now()
	mine, err := s.take(ctx, log, c)
	if mine.decision == notNow {
		return max(mine.delay, time.Millisecond)
	}
	if err != nil {
		log.WarnContext(ctx, "failed to claim the flow run: it is left to the next poll", "error", err)
	}
	if mine.decision != ours {
		s.passed.note(c.run.ID)
		s.table.leave(c.run.ID)
		return 0
	}
	c.claim, c.state, c.claimed = mine.id, mine.id, began
	log.InfoContext(ctx, fmt.Sprintf("worker %q launches flow run %q", s.heartbeat.opts.Name, c.run.Name))
	err = s.start(ctx, log, c)
	s.metrics.launched(err, time.Since(began))
	s.conclude(ctx, log, c, err)
	return 0
}

// resume goes on with a run that a worker had claimed which is gone. The run is in the
// table; the claim keeps its id, so whatever that worker did is found again.
func (s *submit) resume(ctx context.Context, stop <-chan struct{}, c candidate) {
	log := s.lines.Of(c.ref())
	t := s.line.join(c.run.ID)
	if !s.line.await(ctx, stop, t) {
		s.table.leave(c.run.ID)
		return
	}
	defer s.line.leave(t)
	log.InfoContext(ctx, fmt.Sprintf("worker %q takes over flow run %q: the worker that claimed it is gone",
		s.heartbeat.opts.Name, c.run.Name))
	began := time.Now()
	s.claim.note(ctx, log, c)
	err := s.start(ctx, log, c)
	s.metrics.launched(err, time.Since(began))
	s.conclude(ctx, log, c, err)
}

// take checks that the run's deployment still exists, and claims the run.
func (s *submit) take(ctx context.Context, log *slog.Logger, c candidate) (claimed, error) {
	if c.run.DeploymentID != "" {
		_, err := s.resolve.deployment(ctx, c)
		if errors.Is(err, prefect.ErrNotFound) {
			return claimed{decision: passed}, s.withoutDeployment(ctx, log, c)
		}
		if err != nil {
			return claimed{decision: passed}, err
		}
	}
	if time.Since(c.found) > freshPoll {
		due, err := s.recheck.isDue(ctx, log, c.ref())
		if err != nil || !due {
			return claimed{decision: passed}, err
		}
	}
	return s.claim.propose(ctx, log, c.ref())
}

// withoutDeployment: Prefect 3's worker cancels such a run, Prefect 2's leaves it.
func (s *submit) withoutDeployment(ctx context.Context, log *slog.Logger, c candidate) error {
	if s.heartbeat.current.Load().isPrefect2() {
		log.ErrorContext(ctx, "the flow run is not launched: its deployment no longer exists", "deployment",
			c.run.DeploymentID)
		return nil
	}
	return s.report.cancelledFrom(ctx, log, c.ref(), prefect.Scheduled, "Deployment "+c.run.DeploymentID+
		" no longer exists: there is nothing to launch.")
}

// start makes the job and launches its task.
func (s *submit) start(ctx context.Context, log *slog.Logger, c candidate) error {
	known := s.heartbeat.current.Load()
	c.standing = &standing{claim: s.claim, log: log, cand: c}
	if !c.resumed {
		c.standing.known = c.claimed
	}
	if !c.resumed && c.isOfAnother(known) {
		return errPoolAnew
	}
	var job *jobtemplate.Job
	err := insist(ctx, log, "preparing the job", func(ctx context.Context) (err error) {
		job, err = s.resolve.job(ctx, c, known)
		return err
	})
	if err != nil {
		return err
	}
	return withoutSecrets(job, s.startJob(ctx, discreetLog(log, job), c, known, job))
}

// isOfAnother reports whether the pool was deleted and made anew since the run was found.
func (c candidate) isOfAnother(known *snapshot) bool { return c.pool != "" && c.pool != known.pool.ID }

// startJob launches the task of a job.
func (s *submit) startJob(ctx context.Context, log *slog.Logger, c candidate, known *snapshot,
	job *jobtemplate.Job) error {
	clients, err := s.clients.Of(ctx, job.Credentials)
	if err != nil {
		return err
	}
	if c.resumed {
		made, found, err := s.tasks.Of(ctx, log, clients, job, c)
		if err != nil {
			return err
		}
		if found {
			return s.record(ctx, log, c, job, clients, made, definition{}, prefect.Event{})
		}
	}
	if c.isOfAnother(known) {
		return errPoolAnew // a replica of this name may have launched it all the same: so only now
	}
	submitted := s.events.submitted(ctx, c, known)
	defer s.label(ctx, c, known)()
	// A run that is gone on with keeps its state: another worker may be going on with it too,
	// and the server would let even a run that has ended by now become Submitting.
	if !c.resumed && !known.isPrefect2() {
		if c.state, err = s.claim.advance(ctx, log, c.standing); err != nil {
			return err
		}
	}
	made, used, err := s.send(ctx, log, clients, job, c)
	if isStale(err) {
		if newJob, newClients, changed := s.renew.forLaunch(ctx, log, c, known, clients); changed {
			job, clients, log = newJob, newClients, discreetLog(log, newJob)
			made, used, err = s.send(ctx, log, clients, job, c)
		}
	}
	if err != nil {
		return s.refused(ctx, log, c, job, clients, submitted, withoutSecrets(job, err))
	}
	return s.record(ctx, log, c, job, clients, made, used, submitted)
}

// send registers and launches. A definition that was deregistered, or deleted, since it was
// last looked at is registered anew.
func (s *submit) send(ctx context.Context, log *slog.Logger, clients *awsaccess.Clients, job *jobtemplate.Job,
	c candidate) (task, definition, error) {
	for second := false; ; second = true {
		began := time.Now()
		used, err := s.register.definition(ctx, log, clients, job, c.found)
		c.standing.waited(began)
		if err != nil {
			return task{}, used, err
		}
		made, err := s.launch.Run(ctx, log, clients, job, used, c)
		if second || used.hash == "" || !awserr.DefinitionGone(err) {
			return made, used, err
		}
		s.register.Forget(clients, used.hash)
	}
}

// record tracks the task and tells Prefect which one it is.
func (s *submit) record(ctx context.Context, log *slog.Logger, c candidate, job *jobtemplate.Job,
	clients *awsaccess.Clients, made task, used definition, submitted prefect.Event) error {
	pid := job.InfrastructurePID(made.cluster, made.arn)
	goes := ""
	if used.registered && job.AutoDeregister {
		goes = used.arn
	}
	at := place{clients, made.cluster, made.arn}
	s.table.launched(c.run.ID, launchedTask{
		pid: pid, at: at, definition: goes, claim: c.claim,
		startLimit: job.StartTimeout,
	})
	if !c.standing.fresh() {
		if f, err := s.claim.fate(ctx, log, c); err == nil && f == lost {
			s.tooLate.stop(ctx, log, c.ref(), at)
			return nil
		}
	}
	log.InfoContext(ctx, fmt.Sprintf("flow run %q was launched as ECS task %s", c.run.Name, made.arn))
	err := s.report.infrastructure(ctx, log, c.ref(), pid, s.claim.notLost(log, c))
	if errors.Is(err, prefect.ErrNotFound) || errors.Is(err, errNoMore) {
		s.tooLate.stop(ctx, log, c.ref(), at)
		return nil
	}
	if err != nil {
		// The task runs, so the run is not a failure: what is lost is that others can cancel it.
		log.ErrorContext(ctx, "failed to tell Prefect which ECS task the flow run has", "error", err)
	}
	s.events.executed(ctx, c, s.heartbeat.current.Load(), pid, submitted)
	s.tooLate.watch(c, at, pid)
	return nil
}

// conclude reports a submission that failed for good.
func (s *submit) conclude(ctx context.Context, log *slog.Logger, c candidate, err error) {
	if err == nil {
		return
	}
	defer s.table.leave(c.run.ID)
	if errors.Is(err, errOvertaken) || ctx.Err() != nil {
		return // what is half-done when the worker is killed is for the next one to settle
	}
	if c.resumed || time.Since(c.claimed) > freshLaunch {
		// Whatever failed may have waited for AWS first.
		if lost := s.claim.stands(ctx, log, c); lost != nil {
			log.InfoContext(ctx, "the flow run is left alone: "+lost.Error(), "launch", err)
			return
		}
	}
	if over, err := s.putOff.afterLaunch(ctx, log, c.ref(), s.claim.still(log, c), err); over {
		if err != nil {
			log.ErrorContext(ctx, "failed to give the flow run back: its state is set later", "error", err)
		}
		return
	}
	reason := "Failed to submit flow run to infrastructure: " + awsaccess.Sentence(err)
	if err := s.report.crashed(ctx, log, c.ref(), reason, s.claim.still(log, c)); err != nil {
		log.ErrorContext(ctx, "failed to report the flow run as Crashed", "error", err)
	}
}
