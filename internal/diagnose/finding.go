package diagnose

import (
	"regexp"
	"strings"
	"sync"
)

// Finding is a cause, and what to do about it.
type Finding struct {
	Cause  string // a clause without a full stop
	Advice string // what to change or look at; likewise
	// Variables are the job variables of a work pool that have to do with it.
	Variables []string
}

// String is the finding in one line.
func (f Finding) String() string {
	text := f.Cause + ": " + f.Advice
	switch len(f.Variables) {
	case 0:
	case 1:
		text += " (job variable " + f.Variables[0] + ")"
	default:
		text += " (job variables " + strings.Join(f.Variables, ", ") + ")"
	}
	return text
}

// rule recognises a cause by words of AWS.
type rule struct {
	pattern func() *regexp.Regexp // compiled at the first question: few commands ask
	Finding
}

func when(pattern, cause, advice string, variables ...string) rule {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)` + pattern) })
	return rule{compiled, Finding{cause, advice, variables}}
}

// Text recognises what AWS says: the reason of a stopped task or container, the failure
// or error of a call, the message of a service's event.
func Text(text string) (Finding, bool) {
	return first(awsRules, text)
}

// Log recognises a cause in the lines that a container wrote; the last that tells
// counts. Programs write anything, so it knows much less than Text.
func Log(lines []string) (Finding, bool) {
	for i := len(lines) - 1; i >= 0; i-- {
		if found, ok := first(logRules, lines[i]); ok {
			return found, true
		}
	}
	return Finding{}, false
}

func first(rules []rule, text string) (Finding, bool) {
	text = strings.ReplaceAll(text, "’", "'")
	for _, r := range rules {
		if r.pattern().MatchString(text) {
			return r.Finding, true
		}
	}
	return Finding{}, false
}
