package policy

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// operator is how a key of the request is compared with the values of a policy.
type operator struct {
	test     func(want pattern, got string) bool
	negated  bool // true of none of the values
	like     bool // the values have wildcards
	null     bool // is about the key's being there
	all      bool // ForAllValues
	some     bool // ForAnyValue
	ifExists bool
}

// operators by name in lower case. BinaryEquals is not there: nothing that the sandbox
// plays has a binary key.
var operators = map[string]operator{
	"stringequals":              {test: exactly},
	"stringnotequals":           {test: exactly, negated: true},
	"stringequalsignorecase":    {test: anyCase},
	"stringnotequalsignorecase": {test: anyCase, negated: true},
	"stringlike":                {test: pattern.matches, like: true},
	"stringnotlike":             {test: pattern.matches, like: true, negated: true},
	"arnequals":                 {test: pattern.matchesARN, like: true},
	"arnlike":                   {test: pattern.matchesARN, like: true},
	"arnnotequals":              {test: pattern.matchesARN, like: true, negated: true},
	"arnnotlike":                {test: pattern.matchesARN, like: true, negated: true},
	"bool":                      {test: anyCase},
	"null":                      {null: true},
	"numericequals":             {test: number(func(c int) bool { return c == 0 })},
	"numericnotequals":          {test: number(func(c int) bool { return c == 0 }), negated: true},
	"numericlessthan":           {test: number(func(c int) bool { return c < 0 })},
	"numericlessthanequals":     {test: number(func(c int) bool { return c <= 0 })},
	"numericgreaterthan":        {test: number(func(c int) bool { return c > 0 })},
	"numericgreaterthanequals":  {test: number(func(c int) bool { return c >= 0 })},
	"dateequals":                {test: date(func(c int) bool { return c == 0 })},
	"datenotequals":             {test: date(func(c int) bool { return c == 0 }), negated: true},
	"datelessthan":              {test: date(func(c int) bool { return c < 0 })},
	"datelessthanequals":        {test: date(func(c int) bool { return c <= 0 })},
	"dategreaterthan":           {test: date(func(c int) bool { return c > 0 })},
	"dategreaterthanequals":     {test: date(func(c int) bool { return c >= 0 })},
	"ipaddress":                 {test: inNetwork},
	"notipaddress":              {test: inNetwork, negated: true},
}

// parseOperator knows all operators of IAM, those that have no test here included.
func parseOperator(name string) (operator, bool) {
	name = strings.ToLower(name)
	var o operator
	name, o.all = strings.CutPrefix(name, "forallvalues:")
	name, o.some = strings.CutPrefix(name, "foranyvalue:")
	name, o.ifExists = strings.CutSuffix(name, "ifexists")
	base, ok := operators[name]
	if !ok || o.all && o.some || base.null && o.ifExists {
		return o, name == "binaryequals"
	}
	base.all, base.some, base.ifExists = o.all, o.some, o.ifExists
	return base, true
}

// supported is false for an operator that IAM has and this package has not.
func (o operator) supported() bool { return o.test != nil || o.null }

// holds reports whether all conditions are met.
func (d Document) holds(conditions Conditions, c Context) bool {
	for name, keys := range conditions {
		o, ok := parseOperator(name)
		if !ok || !o.supported() {
			return false // was refused when it was stored
		}
		for key, values := range keys {
			got, given := c[strings.ToLower(key)]
			if !d.meets(o, values, got, given, c) {
				return false
			}
		}
	}
	return true
}

func (d Document) meets(o operator, values []Value, got []string, given bool, c Context) bool {
	if o.null {
		return len(values) > 0 && strings.EqualFold(string(values[0]), strconv.FormatBool(!given))
	}
	if !given || len(got) == 0 {
		return o.ifExists || o.all || o.negated && !o.some
	}
	every, any := true, false
	for _, value := range got {
		hit := d.matchesOne(o, values, value, c)
		every, any = every && hit, any || hit
	}
	if o.negated && !o.some || o.all {
		return every
	}
	return any
}

// matchesOne compares one value of the request with all of the policy.
func (d Document) matchesOne(o operator, values []Value, got string, c Context) bool {
	for _, want := range values {
		if p, ok := d.expand(string(want), o.like, c); ok && o.test(p, got) {
			return !o.negated
		}
	}
	return o.negated
}

func (p pattern) text() string {
	var b strings.Builder
	for _, t := range p {
		b.WriteRune(t.char)
	}
	return b.String()
}

func exactly(want pattern, got string) bool { return want.text() == got }

func anyCase(want pattern, got string) bool { return strings.EqualFold(want.text(), got) }

// number compares the request's number with the policy's.
func number(ok func(comparison int) bool) func(pattern, string) bool {
	return func(want pattern, got string) bool {
		w, err := strconv.ParseFloat(want.text(), 64)
		g, err2 := strconv.ParseFloat(got, 64)
		return err == nil && err2 == nil && ok(compare(g, w))
	}
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// date compares times, which are written as ISO 8601 or in seconds since 1970.
func date(ok func(comparison int) bool) func(pattern, string) bool {
	return func(want pattern, got string) bool {
		w, err := parseDate(want.text())
		g, err2 := parseDate(got)
		return err == nil && err2 == nil && ok(g.Compare(w))
	}
}

func parseDate(text string) (time.Time, error) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0), nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, text)
}

func inNetwork(want pattern, got string) bool {
	address, err := netip.ParseAddr(got)
	if err != nil {
		return false
	}
	if network, err := netip.ParsePrefix(want.text()); err == nil {
		return network.Contains(address)
	}
	single, err := netip.ParseAddr(want.text())
	return err == nil && single == address
}
