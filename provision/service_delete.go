package provision

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/internal/awserr"
	"ecsctl/internal/english"
	"ecsctl/internal/hint"
)

func (s *service) remove() Change {
	c := Change{Kind: KindService, Name: s.name(), Action: Delete}
	switch {
	case s.found == nil:
		c.Action = None
		return c
	case !s.owned():
		c.Action, c.Reason = Leave, notOurs
	}
	c.ID = *s.found.ServiceArn
	return c
}

// delete drains the service: it asks for no more tasks, so that each worker gets its
// SIGTERM and stop timeout, and waits until none runs before it deletes.
func (s *service) delete(ctx context.Context) error {
	d := drain{s: s}
	if s.found.DesiredCount > 0 {
		if err := d.begin(ctx); err != nil {
			return err
		}
	}
	for {
		if err := d.wait(ctx); err != nil {
			return err
		}
		_, err := s.w.aws.ECS.DeleteService(ctx, &ecs.DeleteServiceInput{
			Cluster: aws.String(s.w.spec.Cluster), Service: aws.String(s.name()),
		})
		if !scaledAbove0(err) {
			return explain("delete the service", unlessGone(err))
		}
		if err := d.again(ctx); err != nil {
			return err
		}
	}
}

// drain brings a service to no tasks, though something else may put its desired count back: a person, auto
// scaling, a bootstrap.
type drain struct {
	s        *service
	seen     bool // the desired count has been seen at 0 since it was set
	unseen   int  // looks since then that have not
	putBacks int
}

const (
	// putBacksTaken is how often a desired count that was put back is set to 0 again.
	putBacksTaken = 3
	// staleLooks is how many looks may still show the desired count before: DescribeServices lags behind.
	staleLooks = 5
)

func (d *drain) begin(ctx context.Context) error {
	d.seen, d.unseen = false, 0
	_, err := d.s.w.aws.ECS.UpdateService(ctx, &ecs.UpdateServiceInput{
		Cluster: aws.String(d.s.w.spec.Cluster), Service: aws.String(d.s.name()), DesiredCount: aws.Int32(0),
	})
	if awserr.HasCode(err, "ServiceNotActiveException") {
		return nil // another teardown has deleted it
	}
	return explain("drain the service", unlessGone(err))
}

// again is begin after somebody has put the desired count back.
func (d *drain) again(ctx context.Context) error {
	if d.putBacks++; d.putBacks > putBacksTaken {
		return d.putBackError()
	}
	return d.begin(ctx)
}

func (d *drain) putBackError() error {
	return hint.Add(fmt.Errorf("its desired count was set to 0 %d times, and something sets it higher each time",
		d.putBacks),
		"find out what keeps the service running, such as Application Auto Scaling, a deployment tool or `ecsctl "+
			"bootstrap`, and stop it: then run the same command again")
}

func (d *drain) wait(ctx context.Context) error {
	s := d.s
	return s.w.until(ctx, func() (waiting, err error) {
		if err := s.find(ctx); err != nil || s.found == nil || s.found.RunningCount == 0 {
			return nil, err
		}
		return errors.New(english.Are(int(s.found.RunningCount), "task") + " still running"), d.look(ctx)
	})
}

// look sets the desired count to 0 again where it is no longer, and not just not yet.
func (d *drain) look(ctx context.Context) error {
	if d.s.found.DesiredCount == 0 {
		d.seen = true
		return nil
	}
	if d.unseen++; d.seen || d.unseen > staleLooks {
		return d.again(ctx)
	}
	return nil
}

// aboveZero matches what ECS says of a service that is to have tasks, for which it has no code of its own.
var aboveZero = regexp.MustCompile(`(?i)scaled above 0`)

func scaledAbove0(err error) bool {
	api, _ := awserr.Answer(err)
	return awserr.HasCode(err, "InvalidParameterException") && aboveZero.MatchString(api.ErrorMessage())
}
