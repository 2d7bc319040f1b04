package commands_test

import (
	"strings"
	"testing"
)

const invitation = ", or < to go back:"

// answered waits for the nth invitation, from 1, and types a line.
func (s *screen) line(nth int, text string) {
	s.t.Helper()
	s.until(func() bool { return strings.Count(s.text(), invitation) >= nth })
	s.press(text + "\n")
}

// Line by line the wizard asks the same questions in the same words.
func TestWizardAccessible(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]string{"ACCESSIBLE": "ACCESSIBLE=1", "dumb": "TERM=dumb"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			s := a.openScreen(80, 24, nil, []string{env}, "bootstrap", noWait)
			answers := []string{"", "<", "9", "", "etl", "", "", "1,2", "", "", "", "x", "2", "", "", "2"}
			for i, answer := range answers {
				s.line(i+1, answer)
			}
			s.exits(0, "\nAWS region\nWhere everything is made, in account 123456789012.\n  1. ap-northeast-1\n",
				`"9" is not a number from 1 to 8`, "Numbers, separated by commas [1,2,3], or < to go back:",
				"give a number, 1 or more\n",
				"--pool etl --region eu-west-1 --subnet subnet-", "--binary .ecsctl-for-image --desired-count 2 --yes",
				"created service prefect-worker-etl")
			a.wrote(24)
			if strings.Contains(s.text(), "\x1b[") && name == "dumb" {
				t.Errorf("a dumb terminal was sent escape sequences:\n%q", s.text())
			}
			// Then comes the plan, whose subnets are sorted by their ids.
			questions, _, _ := strings.Cut(s.text(), "\nRegion ")
			golden(t, "accessible-"+name, questions)
		})
	}
}

// Nobody to answer any more, and Ctrl-C: nothing is done.
func TestWizardAccessibleEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		keys, says string
		code       int
	}{
		"the end": {ctrlD, "the input ended before the last question: nothing was changed", 1},
		"Ctrl-C":  {ctrlC, "interrupted: nothing was changed", 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			s := a.openScreen(80, 24, nil, nil, "bootstrap", "--accessible")
			s.line(1, "")
			s.until(func() bool { return strings.Count(s.text(), invitation) == 2 })
			s.press(test.keys)
			s.exits(test.code, test.says)
			a.wrote(0)
		})
	}
}

// --no-wizard asks nothing on a terminal either.
func TestNoWizard(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.openScreen(80, 24, nil, nil, "bootstrap", "--no-wizard").exits(1, "no work pool given: name it with --pool")
	a.openScreen(80, 24, nil, nil, "bootstrap", "--no-wizard", "--wizard").exits(1,
		"--wizard and --no-wizard cannot be used together")
	a.wrote(0)
}
