package provision

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// policyDocument is the canonical form of an IAM policy: parsed, because AWS gives
// documents back URL-encoded and reformatted, with single values as lists and
// sets sorted (IAM User Guide, "Grammar of the IAM JSON policy language").
type policyDocument struct {
	Version   string                    `json:"Version,omitempty"`
	Statement map[string]map[string]any `json:"Statement"`
}

// parsePolicy reads a policy as it is sent or as AWS gives it back. Statements are
// named by their Sid, or by their place.
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
	out := policyDocument{Version: doc.Version, Statement: map[string]map[string]any{}}
	for i, statement := range statements {
		sid, _ := statement["Sid"].(string)
		if sid == "" {
			sid = fmt.Sprint(i)
		}
		out.Statement[sid] = canonicalStatement(statement)
	}
	return out, nil
}

func canonicalStatement(statement map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range statement {
		if key != "Sid" {
			out[key] = canonicalSet(value)
		}
	}
	return out
}

// canonicalSet writes single values as lists of one and sorts lists, at every depth.
func canonicalSet(value any) any {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		words := make([]string, len(value))
		for i, v := range value {
			words[i] = show(v)
		}
		slices.Sort(words)
		return words
	case map[string]any:
		out := map[string]any{}
		for key, v := range value {
			out[key] = canonicalSet(v)
		}
		return out
	}
	return value
}

// comparePolicies lists the differences of two policy texts. One that does not parse
// differs as a whole.
func comparePolicies(path, before, after string) []Field {
	b, errB := parsePolicy(before)
	a, errA := parsePolicy(after)
	if errB != nil || errA != nil {
		return compare(path, before, after)
	}
	return compare(path, b, a)
}

// letsECSAssume tells whether a trust policy lets ECS tasks take the role.
func letsECSAssume(trust string) bool {
	doc, err := parsePolicy(trust)
	if err != nil {
		return false
	}
	for _, statement := range doc.Statement {
		principal, _ := statement["Principal"].(map[string]any)
		services, _ := principal["Service"].([]string)
		actions, _ := statement["Action"].([]string)
		effect, _ := statement["Effect"].([]string)
		if slices.Contains(effect, "Allow") && slices.Contains(services, "ecs-tasks.amazonaws.com") &&
			(slices.Contains(actions, "sts:AssumeRole") || slices.Contains(actions, "sts:*")) {
			return true
		}
	}
	return false
}
