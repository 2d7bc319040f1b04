// Package policy reads IAM policies and decides what they allow.
//
// It has the whole of the language that it accepts: what a policy uses beyond that is
// named by Unsupported, so that nothing is stored and then ignored. It knows no service.
package policy

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Document is a policy.
type Document struct {
	Version   string
	ID        string `json:"Id"`
	Statement OneOrMany[Statement]
}

// Statement allows or denies something.
type Statement struct {
	Sid          string
	Effect       string
	Principal    Principals
	NotPrincipal Principals
	Action       OneOrMany[string]
	NotAction    OneOrMany[string]
	Resource     OneOrMany[string]
	NotResource  OneOrMany[string]
	Condition    Conditions
}

// Conditions are the values by operator and key.
type Conditions map[string]map[string]OneOrMany[Value]

// Value is a value of a condition: JSON has it as text, number or truth.
type Value string

// UnmarshalJSON implements json.Unmarshaler.
func (v *Value) UnmarshalJSON(data []byte) error {
	var any any
	if err := json.Unmarshal(data, &any); err != nil {
		return err
	}
	switch any := any.(type) {
	case string:
		*v = Value(any)
	case bool:
		*v = Value(strconv.FormatBool(any))
	case float64:
		*v = Value(strings.TrimSpace(string(data)))
	default:
		return &SyntaxError{"Syntax errors in policy."}
	}
	return nil
}

// OneOrMany reads the policy language's "a value or a list of values".
type OneOrMany[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (o *OneOrMany[T]) UnmarshalJSON(data []byte) error {
	var many []T
	if strings.HasPrefix(string(data), "[") {
		err := strict(data, &many)
		*o = many
		return err
	}
	var one T
	err := strict(data, &one)
	*o = []T{one}
	return err
}

// Principals are `"*"` or an object of kinds ("AWS", "Service").
type Principals map[string]OneOrMany[string]

// UnmarshalJSON implements json.Unmarshaler.
func (p *Principals) UnmarshalJSON(data []byte) error {
	if string(data) == `"*"` {
		*p = Principals{"AWS": {"*"}}
		return nil
	}
	return strict(data, (*map[string]OneOrMany[string])(p))
}

func strict(data []byte, v any) error {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// SyntaxError says in the words of IAM why a document is no policy.
type SyntaxError struct{ Message string }

func (e *SyntaxError) Error() string { return e.Message }

// Parse reads a policy; the error is a *SyntaxError.
func Parse(doc string) (Document, error) {
	var d Document
	if err := strict([]byte(doc), &d); err != nil {
		if !json.Valid([]byte(doc)) {
			return d, &SyntaxError{"This policy contains invalid Json"}
		}
		return d, &SyntaxError{"Syntax errors in policy."}
	}
	if !slices.Contains([]string{"", versionWithVariables, "2008-10-17"}, d.Version) {
		return d, &SyntaxError{"The policy must contain a valid version string"}
	}
	if len(d.Statement) == 0 {
		return d, &SyntaxError{"Syntax errors in policy."}
	}
	for _, st := range d.Statement {
		if err := st.check(); err != nil {
			return d, err
		}
	}
	return d, nil
}

func (st Statement) check() error {
	switch {
	case st.Effect != Allow && st.Effect != Deny:
		return &SyntaxError{"Syntax errors in policy."}
	case len(st.Action)+len(st.NotAction) == 0:
		return &SyntaxError{"Policy statement must contain actions."}
	case len(st.Action) > 0 && len(st.NotAction) > 0, len(st.Resource) > 0 && len(st.NotResource) > 0,
		len(st.Principal) > 0 && len(st.NotPrincipal) > 0:
		return &SyntaxError{"Syntax errors in policy."}
	}
	for operator := range st.Condition {
		if _, ok := parseOperator(operator); !ok {
			return &SyntaxError{"Invalid Condition type : " + operator + "."}
		}
	}
	return nil
}
