// Package templates holds the documents that ecsctl sends to AWS and Prefect:
// the trust policy, the IAM policies and the base job template of ecs work pools.
//
// A policy is a JSON file with placeholders such as "${Region}". A placeholder is
// always a whole string value, filled in after parsing, so that no value can break
// the document; it may become a list.
package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

//go:embed *.json
var files embed.FS

// ECSBaseJobTemplate is the base job template of an ecs work pool, for servers
// that have none to offer (GET collections/views/aggregate-worker-metadata).
//
//go:embed ecs-base-job-template.json
var ECSBaseJobTemplate []byte

// MyFlow is the flow of Prefect's ECS Worker Guide, my_flow.py.
//
//go:embed my_flow.py
var MyFlow []byte

// Names of the policy documents: IAM's, and the lifecycle policy of an ECR repository.
const (
	TrustPolicy  = "trust-policy.json"
	SecretPolicy = "secret-policy.json"
	WorkerPolicy = "worker-policy.json"

	FlowPolicy           = "flow-policy.json"
	InfrastructurePolicy = "infrastructure-policy.json"
	FlowExecutionPolicy  = "flow-execution-policy.json"

	BootstrapPolicy = "bootstrap-policy.json"
	TeardownPolicy  = "teardown-policy.json"
	DoctorPolicy    = "doctor-policy.json"
	StatusPolicy    = "status-policy.json"
	LogsPolicy      = "logs-policy.json"
	VerifyPolicy    = "verify-policy.json"
	DeployPolicy    = "deploy-policy.json"
	QueuePolicy     = "queue-policy.json"
	BucketPolicy    = "bucket-policy.json"
	LifecyclePolicy = "lifecycle-policy.json"
)

var placeholder = regexp.MustCompile(`^\$\{([A-Za-z]+)\}$`)

// Policy returns the named policy document with its placeholders filled in.
// Values are strings or lists of strings; a list of one is written as a string. A
// statement whose resources are an empty list is left out, and so is a condition that
// has nothing to compare with.
// It panics on an unknown document and on a placeholder without a value: both are
// ours, and the tests render every document.
func Policy(name string, values map[string]any) string {
	doc := render(name, values)
	if statements, ok := doc["Statement"].([]any); ok {
		for _, s := range statements {
			delete(s.(map[string]any), whyKey)
			delete(s.(map[string]any), optionalKey)
		}
	}
	return mustMarshal(name, doc)
}

// These keys are beside those of IAM in a statement of ours: see Statement.
const (
	whyKey      = "Why"
	optionalKey = "Optional"
)

// render reads a document, fills in its values and takes out what is about nothing.
func render(name string, values map[string]any) map[string]any {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("no policy %q: %v", name, err))
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		panic(fmt.Sprintf("policy %q is not JSON: %v", name, err))
	}
	fill(doc, values)
	if statements, ok := doc["Statement"].([]any); ok {
		doc["Statement"] = dropIdle(statements)
	}
	return doc
}

func mustMarshal(name string, doc any) string {
	out, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Sprintf("policy %q has a value that is not JSON: %v", name, err))
	}
	return string(out)
}

// dropIdle takes out the statements that are about no resource, and the conditions that
// are about no value.
func dropIdle(statements []any) []any {
	return slices.DeleteFunc(statements, func(s any) bool {
		statement, _ := s.(map[string]any)
		dropConditions(statement)
		return isEmptyList(statement["Resource"])
	})
}

func dropConditions(statement map[string]any) {
	condition, _ := statement["Condition"].(map[string]any)
	for operator, keys := range condition {
		keys, _ := keys.(map[string]any)
		for key, value := range keys {
			if isEmptyList(value) {
				delete(keys, key)
			}
		}
		if len(keys) == 0 {
			delete(condition, operator)
		}
	}
	if len(condition) == 0 {
		delete(statement, "Condition")
	}
}

func isEmptyList(v any) bool {
	list, ok := v.([]string)
	return ok && len(list) == 0
}

func fill(node any, values map[string]any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, child := range node {
			node[key] = fill(child, values)
		}
	case []any:
		return fillList(node, values)
	case string:
		return fillString(node, values)
	}
	return node
}

// fillList fills in the items. In a list of texts, a list that stands for one of them is
// put in its place, and what comes out is written as in fillString.
func fillList(list []any, values map[string]any) any {
	texts := []string{}
	for i, child := range list {
		list[i] = fill(child, values)
		switch filled := list[i].(type) {
		case string:
			texts = append(texts, filled)
		case []string:
			texts = append(texts, filled...)
		default:
			return fillRest(list, i+1, values)
		}
	}
	return oneOrMany(texts)
}

// fillRest goes on with a list of objects.
func fillRest(list []any, from int, values map[string]any) []any {
	for i := from; i < len(list); i++ {
		list[i] = fill(list[i], values)
	}
	return list
}

func oneOrMany(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

func fillString(text string, values map[string]any) any {
	match := placeholder.FindStringSubmatch(text)
	if match == nil {
		return text
	}
	value, known := values[match[1]]
	if !known {
		panic(fmt.Sprintf("no value for ${%s}", match[1]))
	}
	if list, ok := value.([]string); ok {
		return oneOrMany(list)
	}
	return value
}
