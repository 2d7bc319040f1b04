package spec

import (
	"fmt"
	"regexp"
	"unicode/utf8"
)

// nameRule is what AWS takes as a name: characters of a class, so many at most.
// The count is not part of the expression, which would hold the class that many times.
type nameRule struct {
	class string
	chars *regexp.Regexp
	most  int
}

func newNameRule(class string, most int) nameRule {
	return nameRule{class, regexp.MustCompile("^" + class + "+$"), most}
}

// MatchString reports whether AWS takes the name.
func (r nameRule) MatchString(name string) bool {
	return utf8.RuneCountInString(name) <= r.most && r.chars.MatchString(name)
}

// String is the rule as a regular expression, for messages.
func (r nameRule) String() string { return fmt.Sprintf("^%s{1,%d}$", r.class, r.most) }
