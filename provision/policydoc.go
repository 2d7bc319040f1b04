package provision

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// policyDocument is the canonical form of an IAM policy: parsed, because AWS gives
// documents back URL-encoded and reformatted, with single values as lists and
// sets sorted (IAM User Guide, "Grammar of the IAM JSON policy language").
type policyDocument struct {
	version    string
	statements []policyStatement
}

// policyStatement is one statement. Its Sid says nothing about what it allows, need not be
// there, and nothing keeps two documents from giving one Sid to different statements.
type policyStatement struct {
	sid     string
	content map[string]any // without the Sid
}

// parsePolicy reads a policy as it is sent or as AWS gives it back. A statement that is
// there twice is there once.
func parsePolicy(text string) (policyDocument, error) {
	if decoded, err := url.QueryUnescape(text); err == nil && !strings.HasPrefix(strings.TrimSpace(text), "{") {
		text = decoded
	}
	var doc struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return policyDocument{}, fmt.Errorf("failed to parse policy document: %w", err)
	}
	var statements []map[string]any
	if err := json.Unmarshal(doc.Statement, &statements); err != nil {
		var one map[string]any
		if err := json.Unmarshal(doc.Statement, &one); err != nil {
			return policyDocument{}, fmt.Errorf("failed to parse policy statements: %w", err)
		}
		statements = []map[string]any{one}
	}
	out := policyDocument{version: doc.Version}
	for _, statement := range statements {
		canonical := canonicalStatement(statement)
		if !canonical.isIn(out.statements) {
			out.statements = append(out.statements, canonical)
		}
	}
	return out, nil
}

func canonicalStatement(statement map[string]any) policyStatement {
	sid, _ := statement["Sid"].(string)
	content := map[string]any{}
	for key, value := range statement {
		if key != "Sid" {
			content[key] = canonicalSet(value)
		}
	}
	return policyStatement{sid, content}
}

// isIn reports whether one of the statements says the same.
func (s policyStatement) isIn(statements []policyStatement) bool {
	return slices.ContainsFunc(statements, func(other policyStatement) bool {
		return reflect.DeepEqual(s.content, other.content)
	})
}

// canonicalSet writes single values as lists of one and makes lists sets, at every depth.
// Policies have truth and numbers with quotes and without.
func canonicalSet(value any) any {
	switch value := value.(type) {
	case nil:
		return nil
	case map[string]any:
		out := map[string]any{}
		for key, v := range value {
			out[key] = canonicalSet(v)
		}
		return out
	case []any:
		words := make([]string, len(value))
		for i, v := range value {
			words[i] = show(v)
		}
		slices.Sort(words)
		return slices.Compact(words)
	}
	return []string{show(value)}
}

// comparePolicies lists the differences of two policy texts. One that does not parse
// differs as a whole.
func comparePolicies(path, before, after string) []Field {
	b, errB := parsePolicy(before)
	a, errA := parsePolicy(after)
	if errB != nil || errA != nil {
		return compare(path, before, after)
	}
	return slices.Concat(
		compareStatements(joinPath(path, "Statement"), b.statements, a.statements),
		compare(joinPath(path, "Version"), b.version, a.version),
	)
}

// compareStatements compares sets: a statement that is on both sides is no difference,
// whatever it is called and wherever it stands. Of those left over, two with one Sid are
// shown as a change of the one into the other.
func compareStatements(path string, before, after []policyStatement) []Field {
	var out []Field
	gone, wanted := without(before, after), without(after, before)
	for _, statement := range gone {
		here := statementPath(path, statement)
		i := slices.IndexFunc(wanted, func(s policyStatement) bool { return s.sid == statement.sid })
		if i < 0 {
			out = append(out, Field{Path: here, Before: show(statement.content)})
			continue
		}
		out = append(out, compare(here, statement.content, wanted[i].content)...)
		wanted = slices.Delete(wanted, i, i+1)
	}
	for _, statement := range wanted {
		out = append(out, Field{Path: statementPath(path, statement), After: show(statement.content)})
	}
	return out
}

func statementPath(path string, s policyStatement) string {
	if s.sid == "" {
		return path
	}
	return joinPath(path, s.sid)
}

func without(statements, others []policyStatement) []policyStatement {
	return slices.DeleteFunc(slices.Clone(statements), func(s policyStatement) bool { return s.isIn(others) })
}

// The services of ECS that take roles: for tasks, and for the infrastructure of tasks.
const (
	ecsTasks  = "ecs-tasks.amazonaws.com"
	ecsItself = "ecs.amazonaws.com"
)

// letsAssume reports whether a trust policy lets a service take the role.
func letsAssume(trust, service string) bool {
	doc, err := parsePolicy(trust)
	if err != nil {
		return false
	}
	for _, s := range doc.statements {
		statement := s.content
		principal, _ := statement["Principal"].(map[string]any)
		services, _ := principal["Service"].([]string)
		actions, _ := statement["Action"].([]string)
		effect, _ := statement["Effect"].([]string)
		if slices.Contains(effect, "Allow") && slices.Contains(services, service) &&
			(slices.Contains(actions, "sts:AssumeRole") || slices.Contains(actions, "sts:*")) {
			return true
		}
	}
	return false
}
