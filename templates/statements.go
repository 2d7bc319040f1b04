package templates

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Statement is one of a policy, in the order in which IAM's documentation writes it.
type Statement struct {
	Sid string `json:",omitempty"`
	// Why says what it is for. It is no key of IAM's: Document leaves it out.
	Why string `json:",omitempty"`
	// Optional is one without which the command does its work all the same, in most
	// accounts. It is no key of IAM's either.
	Optional bool   `json:",omitempty"`
	Effect   string `json:",omitempty"`
	Action   List   `json:",omitempty"`
	Resource List   `json:",omitempty"`
	// NotResource is all but these: "*" alone, where AWS may name no resource.
	NotResource List                       `json:",omitempty"`
	Condition   map[string]map[string]List `json:",omitempty"`
}

// Statements are those of Policy, with why each is there.
func Statements(name string, values map[string]any) []Statement {
	var doc struct{ Statement []Statement }
	if err := json.Unmarshal([]byte(mustMarshal(name, render(name, values))), &doc); err != nil {
		panic(fmt.Sprintf("policy %q is none of IAM's: %v", name, err))
	}
	return doc.Statement
}

// Sids names the statements of a policy that allow an action on a resource: an ARN, or "*" where AWS names none.
func Sids(name, action, resource string) []string {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("no policy %q: %v", name, err))
	}
	var doc struct{ Statement []Statement }
	if err := json.Unmarshal(raw, &doc); err != nil {
		panic(fmt.Sprintf("policy %q is none of IAM's: %v", name, err))
	}
	var named, unnamed []string // with a Resource, which is not filled in here, and with a NotResource
	for _, s := range doc.Statement {
		switch {
		case !slices.ContainsFunc(s.Action, func(a string) bool { return strings.EqualFold(a, action) }):
		case s.NotResource == nil:
			named = append(named, s.Sid)
		case resource == "*":
			unnamed = append(unnamed, s.Sid)
		}
	}
	if len(unnamed) > 0 {
		return unnamed
	}
	return named
}

// Document is the policy of the statements, as IAM takes it, without white space.
func Document(statements []Statement) string {
	doc := struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", make([]Statement, len(statements))}
	for i, s := range statements {
		doc.Statement[i] = s.Bare()
	}
	return mustMarshal("of statements", doc)
}

// Bare is the statement with IAM's keys alone.
func (s Statement) Bare() Statement {
	s.Why, s.Optional = "", false
	return s
}

// List is a list of which IAM writes one as itself.
type List []string

// MarshalJSON writes one as itself.
func (l List) MarshalJSON() ([]byte, error) {
	if len(l) == 1 {
		return json.Marshal(l[0])
	}
	return json.Marshal([]string(l))
}

// UnmarshalJSON reads both forms.
func (l *List) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*l = List{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(l))
}
