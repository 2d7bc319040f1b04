package iam

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"ecsctl/sandbox/internal/wire"
)

const maxTrustBytes = 2048

// document is as much of the policy language as IAM checks when a policy is stored.
type document struct {
	Version   string
	ID        string `json:"Id"`
	Statement oneOrMany[statement]
}

type statement struct {
	Sid          string
	Effect       string
	Principal    principals
	NotPrincipal principals
	Action       oneOrMany[string]
	NotAction    oneOrMany[string]
	Resource     oneOrMany[string]
	NotResource  oneOrMany[string]
	Condition    map[string]map[string]any
}

// oneOrMany reads the policy language's "a value or a list of values".
type oneOrMany[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMany[T]) UnmarshalJSON(data []byte) error {
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

// principals are `"*"` or an object of kinds.
type principals map[string]oneOrMany[string]

// UnmarshalJSON implements json.Unmarshaler.
func (p *principals) UnmarshalJSON(data []byte) error {
	if string(data) == `"*"` {
		*p = principals{"AWS": {"*"}}
		return nil
	}
	return strict(data, (*map[string]oneOrMany[string])(p))
}

func strict(data []byte, v any) error {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

func (s *Service) checkTrust(doc string) error {
	d, err := parsePolicy(doc)
	if err != nil {
		return err
	}
	for _, st := range d.Statement {
		if len(st.Resource)+len(st.NotResource) > 0 {
			return malformed("Has prohibited field Resource")
		}
		if len(st.Principal)+len(st.NotPrincipal) == 0 {
			return malformed("Missing required field Principal")
		}
		for _, action := range slices.Concat(st.Action, st.NotAction) {
			if !strings.HasPrefix(action, "sts:") && action != "*" {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		for _, service := range st.Principal["Service"] {
			if !strings.HasSuffix(service, ".amazonaws.com") && !strings.HasSuffix(service, ".amazonaws.com.cn") {
				return malformed("Invalid principal in policy: \"SERVICE\":\"%s\"", service)
			}
		}
	}
	if policySize(doc) > maxTrustBytes {
		return conflict("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: %d", maxTrustBytes)
	}
	return nil
}

func (s *Service) checkInline(doc string) error {
	d, err := parsePolicy(doc)
	if err != nil {
		return err
	}
	for _, st := range d.Statement {
		if len(st.Principal)+len(st.NotPrincipal) > 0 {
			return malformed("Policy document should not specify a principal.")
		}
		resources := slices.Concat(st.Resource, st.NotResource)
		if len(resources) == 0 {
			return malformed("Policy statement must contain resources.")
		}
		for _, action := range slices.Concat(st.Action, st.NotAction) {
			if action != "*" && !strings.Contains(action, ":") {
				return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
		for _, resource := range resources {
			if err := s.checkResource(resource); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) checkResource(resource string) error {
	if resource == "*" {
		return nil
	}
	parts := strings.SplitN(resource, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return malformed(`Resource %s must be in ARN format or "*".`, resource)
	}
	if !strings.Contains(parts[1], "*") && parts[1] != s.partition {
		return malformed(`Partition "%s" is not valid for resource "%s".`, parts[1], resource)
	}
	return nil
}

func parsePolicy(doc string) (document, error) {
	var d document
	if err := strict([]byte(doc), &d); err != nil {
		if !json.Valid([]byte(doc)) {
			return d, malformed("This policy contains invalid Json")
		}
		return d, malformed("Syntax errors in policy.")
	}
	if d.Version != "" && d.Version != "2012-10-17" && d.Version != "2008-10-17" {
		return d, malformed("The policy must contain a valid version string")
	}
	if len(d.Statement) == 0 {
		return d, malformed("Syntax errors in policy.")
	}
	for _, st := range d.Statement {
		if st.Effect != "Allow" && st.Effect != "Deny" {
			return d, malformed("Syntax errors in policy.")
		}
		if len(st.Action)+len(st.NotAction) == 0 {
			return d, malformed("Policy statement must contain actions.")
		}
	}
	return d, nil
}

func malformed(format string, args ...any) *wire.Error {
	return wire.Errorf("MalformedPolicyDocument", "%s", fmt.Sprintf(format, args...))
}

func trustsService(doc, service string) bool {
	d, err := parsePolicy(doc)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(d.Statement, func(st statement) bool {
		return st.Effect == "Allow" && slices.Contains(st.Principal["Service"], service)
	})
}

// policySize counts as IAM does: white space is free.
func policySize(doc string) int {
	n := 0
	for _, r := range doc {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
