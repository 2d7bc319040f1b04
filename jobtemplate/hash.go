package jobtemplate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// HashTag is the tag of a registered task definition that holds its Hash, so that a
// worker finds it again.
const HashTag = "ecsctl:definition-hash"

// ownTags are tags that ecsctl puts on definitions: no part of their content.
const ownTags = "ecsctl:"

// Hash is equal for task definitions that AWS would make equal: its defaults are
// filled in, what has no value is left out, lists whose order means nothing are
// sorted, and what only a registered definition has is ignored. The document is one of
// this package: its numbers are json.Number.
func Hash(document map[string]any) string {
	sum := sha256.Sum256([]byte(compact(Canonical(document))))
	return hex.EncodeToString(sum[:16])
}

// HashDescribed is the Hash of a definition as DescribeTaskDefinition returns it with
// its tags.
func HashDescribed(described *types.TaskDefinition, tags []types.Tag) (string, error) {
	document, err := documentOf(described, schemas.TaskDefinition)
	if err != nil {
		return "", err
	}
	var list []any
	for _, t := range tags {
		one, err := documentOf(t, schemas.Tag)
		if err != nil {
			return "", err
		}
		list = append(list, one)
	}
	document["tags"] = list
	return Hash(document), nil
}

// Canonical is the form of a task definition that is compared: see Hash. It is made
// anew; the document is not changed.
func Canonical(document map[string]any) map[string]any {
	out := map[string]any{}
	for key := range registerSchema.Members() {
		if value, given := document[key]; given {
			out[key] = clone(value)
		}
	}
	dropEmpty(out)
	if _, given := out["networkMode"]; !given {
		out["networkMode"] = "bridge"
	}
	canonicalAmount(out, "cpu", cpuUnits)
	canonicalAmount(out, "memory", memoryMiB)
	canonicalTags(out)
	sortList(out, "requiresCompatibilities", func(item any) string { return pyText(item) })
	sortList(out, "volumes", byField("name"))
	for _, container := range containerObjects(out["containerDefinitions"]) {
		canonicalContainer(container, out["networkMode"])
	}
	// Once more: what became empty above is not there for AWS either.
	dropEmpty(out)
	return out
}

func canonicalContainer(container map[string]any, networkMode any) {
	if _, given := container["essential"]; !given {
		container["essential"] = true
	}
	for _, key := range []string{"environment", "secrets", "ulimits", "systemControls"} {
		sortList(container, key, byField("name"))
	}
	sortList(container, "environmentFiles", byField("value"))
	for _, port := range containerObjects(container["portMappings"]) {
		if _, given := port["protocol"]; !given {
			port["protocol"] = "tcp"
		}
		if _, given := port["hostPort"]; !given && (networkMode == awsvpc || networkMode == "host") &&
			port["containerPort"] != nil {
			port["hostPort"] = port["containerPort"]
		}
	}
}

// canonicalAmount writes "1 vCPU" and "2 GB" as AWS keeps them.
func canonicalAmount(document map[string]any, key string, read func(string) (int, bool)) {
	value, given := document[key]
	if !given {
		return
	}
	if n, ok := read(pyText(value)); ok {
		document[key] = strconv.Itoa(n)
	}
}

func canonicalTags(document map[string]any) {
	list, _ := document["tags"].([]any)
	document["tags"] = slices.DeleteFunc(list, func(item any) bool {
		object, _ := item.(map[string]any)
		return strings.HasPrefix(field(object, "key"), ownTags)
	})
	sortList(document, "tags", byField("key"))
}

func byField(name string) func(any) string {
	return func(item any) string {
		object, _ := item.(map[string]any)
		return field(object, name)
	}
}

func sortList(object map[string]any, key string, by func(any) string) {
	list, _ := object[key].([]any)
	slices.SortStableFunc(list, func(a, b any) int { return cmp.Compare(by(a), by(b)) })
}

// documentOf writes a value of the SDK with AWS's names, guided by its schema.
// Fields that are not set are left out.
func documentOf(value any, schema *smithy.Schema) (map[string]any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	tree, err := decodeObject(raw)
	if err != nil {
		return nil, err
	}
	document, _ := rename(tree, schema).(map[string]any)
	return document, nil
}

func rename(value any, schema *smithy.Schema) any {
	switch value := value.(type) {
	case map[string]any:
		if schema.Type() == smithy.ShapeTypeMap {
			return value
		}
		out := map[string]any{}
		for name, member := range schema.Members() {
			for key, child := range value {
				if strings.EqualFold(key, name) && child != nil && child != any("") {
					out[name] = rename(child, member)
				}
			}
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = rename(item, schema.ListMember())
		}
		return out
	default:
		return value
	}
}
