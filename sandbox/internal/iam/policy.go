package iam

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ecsctl/sandbox/internal/policy"
	"ecsctl/sandbox/internal/wire"
)

const maxTrustBytes = 2048

func (s *Service) checkTrust(doc string) error {
	d, err := s.parsePolicy(doc)
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

// checkIdentityPolicy checks a policy that is attached to somebody.
func (s *Service) checkIdentityPolicy(doc string) error {
	d, err := s.parsePolicy(doc)
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

// parsePolicy reads a policy that somebody wants to store.
func (s *Service) parsePolicy(doc string) (policy.Document, error) {
	d, err := policy.Parse(doc)
	var syntax *policy.SyntaxError
	if errors.As(err, &syntax) {
		return d, malformed("%s", syntax.Message)
	}
	if err != nil {
		return d, err
	}
	if err := checkSids(d); err != nil {
		return d, err
	}
	if what := d.Unsupported(); s.enforce && what != "" {
		return d, wire.NotImplemented(what + " in policies")
	}
	return d, nil
}

// checkSids: IAM wants plain names, each once. Other services take any (IAM User Guide,
// "IAM JSON policy elements: Sid").
func checkSids(d policy.Document) error {
	seen := map[string]bool{}
	for _, st := range d.Statement {
		if !plainSid.MatchString(st.Sid) {
			return malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular " +
				"expression [0-9A-Za-z]*")
		}
		if st.Sid != "" && seen[st.Sid] {
			return malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		seen[st.Sid] = true
	}
	return nil
}

var plainSid = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func malformed(format string, args ...any) *wire.Error {
	return wire.Errorf("MalformedPolicyDocument", "%s", fmt.Sprintf(format, args...))
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
