package provision

import (
	"errors"
	"regexp"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
)

// roleGone matches IAM's words about a role that is not there. The same code stands for a policy.
var roleGone = regexp.MustCompile(`(?i)role with name \S+ cannot be found`)

// goneMeanwhile adds what to do to the error of a bootstrap about something that it had found, or made, and
// that is gone by now.
func goneMeanwhile(err error) error {
	api, _ := awserr.Answer(err)
	switch {
	case awserr.HasCode(err, "NoSuchEntity") && !roleGone.MatchString(api.ErrorMessage()):
		return err
	case err != nil && unlessGone(err) == nil, queueIsGone(err), errors.Is(err, prefect.ErrNotFound),
		awserr.DefinitionGone(err), awserr.HasCode(err, "NoSuchBucket", "ServiceNotActiveException"):
		return hint.Add(err, "it was deleted meanwhile, as `ecsctl teardown` of the pool does: when that is done, "+
			"run the same command again")
	case refusesRole(err):
		return hint.Add(err, "look at the role; if it was deleted meanwhile, as `ecsctl teardown` of the pool does, "+
			"run the same command again when that is done")
	}
	return err
}

// addedMeanwhile adds what to do to the error of a teardown about something that has got more since it was
// looked at.
func addedMeanwhile(err error) error {
	if awserr.HasCode(err, "DeleteConflict") || ruleHasTargets(err) {
		return besideBootstrap(err)
	}
	return err
}

// besideBootstrap says what to do about what somebody makes while it is taken away.
func besideBootstrap(err error) error {
	return hint.Add(err, "something else changes the pool's resources, as `ecsctl bootstrap` does: when that is "+
		"done, run the same command again")
}
