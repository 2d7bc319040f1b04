package provision

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ecsctl/jobtemplate"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

const (
	// queueDays are for workers that are away; those of the official worker's template.
	queueDays      = 7
	deadLetterDays = 14
	// maxReceives is how often a message is handed out that nobody acknowledges. Workers
	// hold what waits for Prefect, so only what cannot be acted upon comes so far.
	maxReceives = 5
	// visibilityTimeout is that of the official worker's template. Workers set their own.
	visibilityTimeout = "300"
)

// observer are the resources by which task changes reach the workers at once: ECS tells
// EventBridge, a rule sends what is the pool's to a queue, the workers share the queue.
func (w *world) observer() []*queue {
	dead := &queue{w: w, kind: KindDeadLetterQueue, name: w.spec.Names.DeadLetterQueue, flag: "dead-letter-queue-name"}
	dead.attributes = func() map[string]string {
		return map[string]string{string(types.QueueAttributeNameMessageRetentionPeriod): seconds(deadLetterDays)}
	}
	main := &queue{w: w, kind: KindQueue, name: w.spec.Names.Queue, flag: "queue-name",
		needed: []Kind{KindDeadLetterQueue}}
	main.attributes = func() map[string]string {
		return map[string]string{
			string(types.QueueAttributeNameMessageRetentionPeriod): seconds(queueDays),
			string(types.QueueAttributeNameVisibilityTimeout):      visibilityTimeout,
			string(types.QueueAttributeNameRedrivePolicy):          fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, dead.arn(), maxReceives),
			string(types.QueueAttributeNamePolicy): templates.Policy(templates.QueuePolicy, map[string]any{
				"Queue": main.arn(), "Rule": w.ruleARN(),
			}),
		}
	}
	return []*queue{dead, main}
}

// Observes reports whether the pool gets a queue: unless the Spec says no, and when the
// runtime reads one. The official worker for Prefect 2 has no observer.
func (w *world) Observes() bool {
	return w.spec.Observes() && !(w.spec.Worker.Runtime == spec.RuntimePrefect && w.server.prefect2())
}

// observerQueue is the name of the queue that a worker is to read, or "". The worker in Go
// takes it from ECSCTL_OBSERVER_QUEUE.
func (w *world) observerQueue() string {
	if !w.Observes() {
		return ""
	}
	return w.spec.Names.Queue
}

func (w *world) queueARN() string { return w.id.arn("sqs", w.spec.Names.Queue) }
func (w *world) ruleARN() string  { return w.id.arn("events", "rule/"+w.spec.Names.Rule) }

// taskPattern matches the changes of tasks of the pool's flow runs and as little else as
// the language of patterns allows: one cluster, no tasks of services (the workers), and
// only families that the worker's role may run. Names of families that begin alike
// stay: the worker looks closer. With a role of the user's own the families are not known.
func (w *world) taskPattern() string {
	detail := map[string]any{
		"clusterArn": []string{w.id.clusterARN(w.spec.Cluster)},
		"group":      []any{map[string]any{"anything-but": map[string]any{"prefix": "service:"}}},
	}
	if !spec.IsARN(w.spec.Names.WorkerRole) {
		var families []any
		// EventBridge refuses patterns with many wildcards, such as that of an id.
		for _, family := range append([]string{jobtemplate.FamilyPrefix(w.spec.Pool) + "*"},
			slices.Concat(w.flowRunFamilies()[1:], w.servedFamilies())...) {
			families = append(families,
				map[string]any{"wildcard": eventWildcard(w.id.arn("ecs", "task-definition/"+family+":*"))})
		}
		detail["taskDefinitionArn"] = families
	}
	raw, err := json.Marshal(map[string]any{
		"source": []string{"aws.ecs"}, "detail-type": []string{"ECS Task State Change"}, "detail": detail,
	})
	if err != nil {
		panic(fmt.Sprintf("an event pattern has no JSON form: %v", err)) // a programming error
	}
	return string(raw)
}

// eventWildcard turns an IAM pattern into one of EventBridge, which knows no ? and
// refuses ** (EventBridge User Guide, "Wildcard matching").
func eventWildcard(pattern string) string {
	pattern = strings.ReplaceAll(pattern, "?", "*")
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	return pattern
}

// compareDocuments lists the differences of two JSON texts by their canonical forms. One
// that does not parse differs as a whole.
func compareDocuments(path, before, after string, canonical func(any) any) []Field {
	var b, a any
	if json.Unmarshal([]byte(before), &b) != nil || json.Unmarshal([]byte(after), &a) != nil {
		return compare(path, before, after)
	}
	return compare(path, canonical(b), canonical(a))
}

// canonicalPattern makes the lists of an event pattern sets. Other than in a policy, 1 and
// "1" match different events, and an object is no text that reads like it.
func canonicalPattern(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, v := range value {
			out[key] = canonicalPattern(v)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = canonicalPattern(v)
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(inList(a), inList(b)) })
		return slices.CompactFunc(out, func(a, b any) bool { return reflect.DeepEqual(a, b) })
	}
	return value
}

// inList shows a value in a list: text keeps its quotation marks there.
func inList(v any) string { return show([]any{v}) }

// removeUnwanted is the change of what the Spec no longer wants: what is not ours stays
// unmentioned.
func removeUnwanted(c Change) Change {
	if c.Action == Delete {
		c.Reason = "the observer is turned off"
		return c
	}
	c.Action, c.Reason = None, ""
	return c
}
