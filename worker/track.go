package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/aws/smithy-go/middleware"

	"ecsctl/internal/awserr"
	"ecsctl/worker/awsaccess"
)

const (
	describeBatch = 100 // the most that DescribeTasks takes
	// appearsWithin is how long ECS may not know a task that it has just launched: "up to five
	// minutes" (RunTask in the ECS API Reference). A stopped task is known for longer.
	appearsWithin = 5 * time.Minute
)

// track is the stage that watches tasks until they have stopped.
type track struct {
	log    *slog.Logger
	table  *table
	settle *settle
	renew  *renew
	slow   *slowStarts
	pools  int // that share the pace

	hears   func(time.Time) bool // the queue with task changes is alive; nil: there is none
	rare    time.Duration        // between two sweeps while it is
	last    time.Time            // when all tasks were last looked at
	resting time.Time            // until when it has looked often enough
}

// describePace is how many batches are asked for in a second on average: a quarter of
// AWS's default quota, so that workers that share an account leave each other some.
const describePace = 5

// restAfter is how long no more is to be asked after that many calls.
func restAfter(calls int) time.Duration {
	return time.Duration(max(0, calls-1)) * time.Second / describePace
}

// sweep looks at every tracked task once, or only at those that matter now while changes
// are heard of.
func (t *track) sweep(ctx context.Context) error {
	began, entries := time.Now(), t.table.inPhase(launched)
	if began.Before(t.resting) {
		return nil
	}
	rest := t.mayRest(began)
	if rest {
		entries = slices.DeleteFunc(entries, func(e tracked) bool { return e.stoppedAt.IsZero() && !e.isSlow(began) })
	}
	err := t.look(ctx, entries)
	if err == nil && !rest {
		t.last = began
	}
	return err
}

// mayRest: the queue tells of tasks that end. One message goes to one worker, so that a
// worker with no place left looks for itself whether some are free again.
func (t *track) mayRest(now time.Time) bool {
	return t.hears != nil && t.hears(now) && now.Sub(t.last) < t.rare && !t.table.isFull()
}

func (t *track) look(ctx context.Context, entries []tracked) error {
	var failures []error
	var ended []ending
	all := batches(entries)
	t.resting = time.Now().Add(time.Duration(t.pools) * restAfter(len(all)))
	for _, batch := range all {
		found, others, err := describe(ctx, batch)
		if isStale(err) {
			failures = append(failures, t.renew.tracked(ctx, batch))
		}
		if err != nil {
			failures = append(failures, err)
			continue
		}
		ended = append(ended, found...)
		failures = append(failures, t.slow.see(ctx, others))
	}
	failures = append(failures, t.settle.all(ctx, ended))
	return errors.Join(failures...)
}

// batches groups entries that one DescribeTasks can ask for.
func batches(entries []tracked) [][]tracked {
	type group struct {
		clients *awsaccess.Clients
		cluster string
	}
	groups := map[group][]tracked{}
	var order []group
	for _, entry := range entries {
		g := group{entry.at.clients, entry.at.cluster}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], entry)
	}
	var out [][]tracked
	for _, g := range order {
		out = slices.AppendSeq(out, slices.Chunk(groups[g], describeBatch))
	}
	return out
}

// ending is a task that has stopped or that ECS no longer knows.
type ending struct {
	entry  tracked
	task   *types.Task // nil when it is not known
	reason string
	answer middleware.Metadata // of the answer that it is from

	definition *types.TaskDefinition // of the task; nil when it is not known
}

// describe returns those of a batch that have ended, and the others.
func describe(ctx context.Context, batch []tracked) (ended []ending, others []living, err error) {
	in := &ecs.DescribeTasksInput{Cluster: aws.String(batch[0].at.cluster)}
	for _, entry := range batch {
		in.Tasks = append(in.Tasks, entry.at.task)
	}
	out, err := batch[0].at.clients.ECS.DescribeTasks(ctx, in)
	if awserr.HasCode(err, "ClusterNotFoundException") {
		return missing(batch, "the cluster "+batch[0].at.cluster+" no longer exists"), nil, nil
	}
	if err != nil {
		return nil, nil, awsaccess.Explain(fmt.Sprintf("look at %d ECS tasks", len(batch)), err)
	}
	known := map[string]*types.Task{}
	for i := range out.Tasks {
		known[aws.ToString(out.Tasks[i].TaskArn)] = &out.Tasks[i]
	}
	for _, entry := range batch {
		found := known[entry.at.task]
		switch {
		case found == nil:
			ended = append(ended, missing([]tracked{entry}, "ECS no longer knows its task "+entry.at.task)...)
		case aws.ToString(found.LastStatus) == "STOPPED":
			ended = append(ended, ending{
				entry: entry, task: found, reason: exitReason(*found), answer: out.ResultMetadata,
			})
		default:
			others = append(others, living{entry, found, out.ResultMetadata})
		}
	}
	return ended, others, nil
}

// missing are entries whose tasks ECS does not know, but for those that are so new
// that it may yet come to know them.
func missing(batch []tracked, reason string) []ending {
	var out []ending
	for _, entry := range batch {
		if time.Since(entry.since) > appearsWithin {
			out = append(out, ending{entry: entry, reason: reason})
		}
	}
	return out
}
