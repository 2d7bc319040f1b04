package provision

import (
	"context"
	"regexp"
	"strings"
	"time"

	"ecsctl/internal/awserr"
)

// insistFor limits how long a call is made again that AWS refuses only because
// something done before is not visible everywhere yet; it is seconds as a rule
// (docs/aws-notes.md).
const insistFor = 2 * time.Minute

// insist makes a call again for as long as transient tells that it may still work.
func (w *world) insist(ctx context.Context, transient func(error) bool, call func() error) error {
	limit, cancel := context.WithTimeout(ctx, insistFor)
	defer cancel()
	for {
		err := call()
		if err == nil || !transient(err) || w.pause(limit) != nil {
			return err
		}
		w.log.Debug("AWS rejected the call; retrying", "error", err)
	}
}

// await looks again until something that is surely there is seen. That it is not for so long is no
// error here: whoever looks says what that means.
func (w *world) await(ctx context.Context, find func(context.Context) error, seen func() bool) error {
	limit, cancel := context.WithTimeout(ctx, insistFor)
	defer cancel()
	for {
		if err := find(ctx); err != nil || seen() || w.pause(limit) != nil {
			return err
		}
	}
}

// roleRefused matches what ECS says about a role that it cannot see or assume yet.
// There is no error code of its own for it, only ClientException and
// InvalidParameterException, so the message has to tell.
var roleRefused = regexp.MustCompile(
	`(?i)unable to assume|cannot be assumed|role is not valid|role .*(does not exist|invalid)|invalid .*role`)

// refusesRole reports whether AWS does not know a role yet: IAM is eventually consistent.
func refusesRole(err error) bool {
	api, _ := awserr.Answer(err)
	return awserr.HasCode(err, "ClientException", "InvalidParameterException") &&
		roleRefused.MatchString(api.ErrorMessage())
}

// unseenGroup reports whether ECS does not see a security group yet, for which it has no code of its own.
func unseenGroup(err error) bool {
	api, _ := awserr.Answer(err)
	return awserr.HasCode(err, "InvalidParameterException") &&
		strings.Contains(api.ErrorMessage(), "InvalidGroup.NotFound")
}

// stillDeleting reports whether the name belongs to a secret that is being deleted, which
// takes a moment.
func stillDeleting(err error) bool { return awserr.HasCode(err, "InvalidRequestException") }

// stillDrainingText matches ECS's refusal of a service whose deleted namesake still has tasks.
var stillDrainingText = regexp.MustCompile(`(?i)still draining`)

func stillDraining(err error) bool {
	api, _ := awserr.Answer(err)
	return awserr.HasCode(err, "InvalidParameterException") && stillDrainingText.MatchString(api.ErrorMessage())
}
