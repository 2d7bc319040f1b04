//go:build e2e

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
)

// A note is a line of docs/aws-notes.md that can be looked at for nothing. look says what it saw, and
// whether that is what the line says; an error is that it could not look.
type note struct {
	id    string
	tasks bool // it needs a worker that runs
	look  func(*suite, context.Context) (is bool, evidence string, err error)
}

// notes are looked at while everything is there. None of them may be left with something new.
var notes = []note{
	{"secret-suffix", false, (*suite).secretSuffix},
	{"latest-active", false, (*suite).latestActive},
	{"service-group", true, (*suite).serviceGroup},
	{"failed-stays-primary", true, (*suite).failedStays},
	{"linked-role", true, (*suite).linkedRole},
	{"spot-associated", false, (*suite).spotAssociated},
	{"cluster-again", false, (*suite).clusterAgain},
	{"sids-differ", false, (*suite).sidsDiffer},
	{"tag-case", false, (*suite).tagCase},
	{"16-subnets", false, (*suite).sixteenSubnets},
	{"gpu", false, (*suite).gpu},
	{"secret-names", false, (*suite).secretNames},
	{"group-in-use", true, (*suite).groupInUse},
	{"rule-with-targets", false, (*suite).ruleWithTargets},
}

// lookAtAWS says which notes hold in this account. One that does not is a finding, not a failure of ecsctl's.
func (s *suite) lookAtAWS(ctx context.Context) (string, error) {
	count := map[string]int{}
	for _, n := range notes {
		result, evidence := s.lookAt(ctx, n)
		count[result]++
		s.report.note(n.id, result, evidence)
	}
	return fmt.Sprintf("%d notes confirmed, %d refuted, %d not seen", count[confirmed], count[refuted], count[unknown]),
		ctx.Err()
}

func (s *suite) lookAt(ctx context.Context, n note) (result, evidence string) {
	if n.tasks && !s.far.runsTasks {
		return unknown, s.on + " runs no containers"
	}
	is, evidence, err := n.look(s, ctx)
	switch {
	case err != nil:
		return unknown, err.Error()
	case is:
		return confirmed, evidence
	}
	return refuted, evidence
}

// refusedWith is for what AWS ought to refuse: by this code, and with these words if any.
func refusedWith(err error, code, words string) (bool, string, error) {
	if err == nil {
		return false, "it was taken", nil
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false, "", err
	}
	said := api.ErrorCode() + ": " + api.ErrorMessage()
	return api.ErrorCode() == code && strings.Contains(api.ErrorMessage(), words), said, nil
}
