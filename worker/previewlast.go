package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// ErrNoLastRun: there is nothing to compare with.
var ErrNoLastRun = hint.Add(errors.New("ECS knows no task of an earlier run of this deployment"),
	"ECS forgets tasks about an hour after they have stopped: save a preview with --output json, and compare with "+
		"that file")

// lastRuns is how many runs are looked at for one whose task ECS still knows.
const lastRuns = 20

// LastRun is what the deployment's last launched run was sent with, as far as ECS
// still knows it: the task definition, and the overrides, of its task.
func (p *Preview) LastRun(ctx context.Context, api *prefect.Client) (*Preview, error) {
	if api == nil || p.deploymentID == "" {
		return nil, ErrNoLastRun
	}
	runs, err := api.FilterFlowRuns(ctx, prefect.FlowRunFilter{
		DeploymentIDs: []string{p.deploymentID}, Sort: "EXPECTED_START_TIME_DESC", Limit: lastRuns,
	})
	if err != nil {
		return nil, err
	}
	for _, run := range runs {
		cluster, arn, ok := parsePID(run.InfrastructurePID)
		if !ok {
			continue
		}
		out, err := p.clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: []string{arn}})
		if err != nil {
			return nil, awsaccess.Explain(fmt.Sprintf("look at the task of flow run %q", run.Name), err)
		}
		if len(out.Tasks) > 0 {
			return p.ofTask(ctx, aws.ToString(out.Tasks[0].TaskDefinitionArn), out.Tasks[0].Overrides)
		}
	}
	return nil, ErrNoLastRun
}

// ofTask has of the requests what the task shows, and what the preview itself has of
// the same keys; the rest cannot be compared and is taken to be the same.
func (p *Preview) ofTask(ctx context.Context, definition string, overrides any) (*Preview, error) {
	out := &Preview{RunTask: map[string]any{}, Warnings: []string{}}
	for key, value := range p.RunTask {
		out.RunTask[key] = value
	}
	shown, err := awsDocument(overrides)
	if err != nil {
		return nil, err
	}
	out.RunTask["overrides"] = p.mask(onlyKeysOf(shown, p.RunTask["overrides"]).(map[string]any))
	if p.RegisterTaskDefinition == nil {
		out.RunTask["taskDefinition"] = definition
		return out, nil
	}
	described, err := describeWithTags(ctx, p.clients, definition)
	if err != nil {
		return nil, awsaccess.Explain("describe task definition \""+definition+"\"", err)
	}
	document, err := awsDocument(described.TaskDefinition)
	if err != nil {
		return nil, err
	}
	if document["tags"], err = awsList(described.Tags); err != nil {
		return nil, err
	}
	out.RegisterTaskDefinition = p.mask(onlyKeysOf(document, p.RegisterTaskDefinition).(map[string]any))
	return out, nil
}

// onlyKeysOf leaves out what AWS has added: empty values that the other side does not have.
func onlyKeysOf(shown, wanted any) any {
	switch shown := shown.(type) {
	case map[string]any:
		other, _ := wanted.(map[string]any)
		out := map[string]any{}
		for key, value := range shown {
			if other[key] != nil || !registeredOnly[key] && !isEmpty(value) {
				out[key] = onlyKeysOf(value, other[key])
			}
		}
		return out
	case []any:
		other, _ := wanted.([]any)
		out := make([]any, len(shown))
		for i := range shown {
			var match any
			if i < len(other) {
				match = other[i]
			}
			out[i] = onlyKeysOf(shown[i], match)
		}
		return out
	}
	return shown
}

// registeredOnly are what a registered definition has and a request has not.
var registeredOnly = map[string]bool{
	"taskDefinitionArn": true, "revision": true, "status": true, "requiresAttributes": true,
	"compatibilities": true, "registeredAt": true, "registeredBy": true, "deregisteredAt": true,
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case float64:
		return value == 0
	case bool:
		return !value
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}

// awsDocument writes a value of the SDK with AWS's names, which are those of its
// fields but for the first letter.
func awsDocument(value any) (map[string]any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("failed to read what ECS answered: %w", err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, fmt.Errorf("failed to read what ECS answered: %w", err)
	}
	document, _ := awsNames(tree).(map[string]any)
	return document, nil
}

func awsList[T any](values []T) ([]any, error) {
	out := make([]any, len(values))
	for i, value := range values {
		document, err := awsDocument(value)
		if err != nil {
			return nil, err
		}
		out[i] = document
	}
	return out, nil
}

// freeKeys hold objects whose keys are the user's.
var freeKeys = map[string]bool{"options": true, "dockerLabels": true, "driverOpts": true, "labels": true}

func awsNames(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, child := range value {
			name := lowerFirst(key)
			if freeKeys[name] {
				out[name] = child
				continue
			}
			out[name] = awsNames(child)
		}
		return out
	case []any:
		for i := range value {
			value[i] = awsNames(value[i])
		}
	}
	return value
}

func lowerFirst(text string) string {
	runes := []rune(text)
	if len(runes) == 0 {
		return text
	}
	runes[0] = unicode.ToLower(runes[0])
	return string(runes)
}
