package provision

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/aws/smithy-go"
)

// roleWait limits how long a role that was just made may be refused. IAM is
// eventually consistent; it is seconds as a rule (docs/aws-notes.md).
const roleWait = 2 * time.Minute

// roleRefused matches what ECS says about a role that it cannot see or assume yet.
// There is no error code of its own for it, only ClientException and
// InvalidParameterException, so the message has to tell.
var roleRefused = regexp.MustCompile(`(?i)unable to assume|cannot be assumed|role is not valid|role .*(does not exist|invalid)|invalid .*role`)

// untilRoleUsable runs call until ECS no longer refuses a role in it.
func (w *world) untilRoleUsable(ctx context.Context, call func() error) error {
	limit, cancel := context.WithTimeout(ctx, roleWait)
	defer cancel()
	for {
		err := call()
		if !refusesRole(err) || w.pause(limit) != nil {
			return err
		}
		w.log.Debug("role not usable yet", "error", err)
	}
}

func refusesRole(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && hasCode(err, "ClientException", "InvalidParameterException") && roleRefused.MatchString(api.ErrorMessage())
}
