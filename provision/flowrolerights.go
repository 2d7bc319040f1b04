package provision

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"ecsctl/templates"
)

// flowRoleValues are about what the pool's own job takes of the task role that is made.
func (w *world) flowRoleValues() map[string]any {
	channels, systems := []string{}, []string{}
	if job := w.poolJob(); job != nil && job.failed == nil {
		if job.Uses.Exec {
			channels = append(channels, "*")
		}
		for _, id := range job.Uses.FileSystems {
			systems = append(systems, w.id.arn("elasticfilesystem", "file-system/"+id))
		}
	}
	return map[string]any{"FlowExecChannels": channels, "FlowFileSystems": systems}
}

// ownFlowSids are of the statements that bootstrap adds to a flow policy, and takes out again.
var ownFlowSids = []string{"LetECSExecIntoFlowRuns", "MountFileSystems"}

// withStatements is a policy of users with statements of ours, in the place of those from before. What does not
// parse is left as it is.
func withStatements(policy string, ours []templates.Statement) string {
	if decoded, err := url.QueryUnescape(policy); err == nil && !strings.HasPrefix(strings.TrimSpace(policy), "{") {
		policy = decoded // as AWS gives it back
	}
	doc, statements, err := statementsOf(policy)
	if err != nil {
		return policy
	}
	var kept []any
	for _, raw := range statements {
		var named struct{ Sid string }
		if json.Unmarshal(raw, &named) != nil || !slices.Contains(ownFlowSids, named.Sid) {
			kept = append(kept, raw)
		}
	}
	if len(kept) == len(statements) && len(ours) == 0 {
		return policy
	}
	for _, s := range ours {
		kept = append(kept, s.Bare())
	}
	if len(kept) == 0 {
		return ""
	}
	doc["Statement"] = kept
	text, err := json.Marshal(doc)
	if err != nil {
		return policy
	}
	return string(text)
}

// statementsOf takes a policy apart; none is one without statements.
func statementsOf(policy string) (doc map[string]any, statements []json.RawMessage, err error) {
	if policy == "" {
		return map[string]any{"Version": "2012-10-17"}, nil, nil
	}
	var parts struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(policy), &parts); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		return nil, nil, err
	}
	if json.Unmarshal(parts.Statement, &statements) == nil {
		return doc, statements, nil
	}
	return doc, []json.RawMessage{parts.Statement}, nil
}
