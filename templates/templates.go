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
	TrustPolicy     = "trust-policy.json"
	SecretPolicy    = "secret-policy.json"
	WorkerPolicy    = "worker-policy.json"
	QueuePolicy     = "queue-policy.json"
	LifecyclePolicy = "lifecycle-policy.json"
)

var placeholder = regexp.MustCompile(`^\$\{([A-Za-z]+)\}$`)

// Policy returns the named policy document with its placeholders filled in.
// Values are strings or lists of strings; a list of one is written as a string. A
// statement whose resources are an empty list is left out.
// It panics on an unknown document and on a placeholder without a value: both are
// ours, and the tests render every document.
func Policy(name string, values map[string]any) string {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("no policy %q: %v", name, err))
	}
	var doc any
	if err := json.Unmarshal(raw, &doc); err != nil {
		panic(fmt.Sprintf("policy %q is not JSON: %v", name, err))
	}
	doc = fill(doc, values)
	dropIdle(doc)
	out, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Sprintf("policy %q has a value that is not JSON: %v", name, err))
	}
	return string(out)
}

// dropIdle takes out the statements that are about no resource.
func dropIdle(doc any) {
	policy, _ := doc.(map[string]any)
	statements, _ := policy["Statement"].([]any)
	if statements == nil {
		return
	}
	policy["Statement"] = slices.DeleteFunc(statements, func(s any) bool {
		statement, _ := s.(map[string]any)
		resources, list := statement["Resource"].([]string)
		return list && len(resources) == 0
	})
}

func fill(node any, values map[string]any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, child := range node {
			node[key] = fill(child, values)
		}
	case []any:
		for i, child := range node {
			node[i] = fill(child, values)
		}
	case string:
		return fillString(node, values)
	}
	return node
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
	if list, ok := value.([]string); ok && len(list) == 1 {
		return list[0]
	}
	return value
}
