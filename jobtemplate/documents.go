package jobtemplate

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Definition is a request to register a task definition.
type Definition struct {
	// Document is the request with AWS's names, exactly as it is sent.
	Document map[string]any
	// Input is the same for the SDK. The caller may add to it (tags of its own).
	Input *ecs.RegisterTaskDefinitionInput
	// Hash is the same for definitions that AWS would make the same (see Hash).
	Hash string
}

// Definition returns the task definition to register, or nil when the job names one
// (Job.TaskDefinition). region is where the task will run: its logs go there.
func (j *Job) Definition(region string) (*Definition, error) {
	if j.definition == nil {
		return nil, nil
	}
	document := cloneObject(j.definition)
	if j.config.cloudwatchLogs {
		j.setLogRegion(document, region)
	}
	definition := &Definition{Document: document, Input: &ecs.RegisterTaskDefinitionInput{}, Hash: Hash(document)}
	if err := into(document, definition.Input); err != nil {
		return nil, fmt.Errorf("failed to make the request for task definition %q: %w", j.Family(), err)
	}
	return definition, nil
}

func (j *Job) setLogRegion(document map[string]any, region string) {
	containers := containersOf(&findings{}, document)
	name := firstOf(j.config.containerName, inferName(containers), prefectContainer)
	logs, _ := containerNamed(containers, name)["logConfiguration"].(map[string]any)
	if options, ok := logs["options"].(map[string]any); ok {
		if _, given := options[logRegion]; !given && region != "" {
			options[logRegion] = region
		}
	}
}

// Launch is what is known only when a task is launched.
type Launch struct {
	// TaskDefinition is the ARN, or the family, of the definition to run. It may be
	// empty for a job that names one.
	TaskDefinition string
	// Registered says that the definition was registered for this launch, so that
	// AutoDeregister applies to it.
	Registered bool
	// Described is the definition that the job names, as AWS describes it.
	Described *types.TaskDefinition
	// Network answers NeedsNetwork; nil when nothing is needed.
	Network *Network
	// ClientToken makes a retry idempotent and StartedBy lets the task be found again;
	// what the template says goes before them.
	ClientToken, StartedBy string
}

// RunTask is a request to run a task.
type RunTask struct {
	Document map[string]any    // with AWS's names, exactly as it is sent
	Input    *ecs.RunTaskInput // the same for the SDK
	Warnings []string          // those of the job, and new ones
}

// RunTask returns the request that runs the job. The error is *Problems when the
// definition that the job names or the network cannot be used.
func (j *Job) RunTask(launch Launch) (*RunTask, error) {
	found := &findings{warnings: append([]string(nil), j.Warnings...)}
	facts := j.facts(launch.Described)
	launch.TaskDefinition = firstOf(j.TaskDefinition, launch.TaskDefinition)
	if j.TaskDefinition != "" {
		checkUsable(found, j.config, facts, j.TaskDefinition)
	}
	document := j.request(found, facts, launch)
	if need, needed := j.NeedsNetwork(launch.Described); needed {
		network := Network{}
		if launch.Network != nil {
			network = *launch.Network
		}
		j.setNetwork(found, document, need, network)
	} else if len(j.config.network) > 0 && j.config.runRequest["launchType"] != ec2 { // with EC2: for runs on Fargate
		found.warn("network_configuration is not used, because the network mode is not %s", awsvpc)
	}
	checkRequestDocument(found, document, facts)
	if err := found.err(); err != nil {
		return nil, err
	}
	input := &ecs.RunTaskInput{}
	if err := into(document, input); err != nil {
		return nil, fmt.Errorf("failed to make the request to run %q: %w", launch.TaskDefinition, err)
	}
	return &RunTask{Document: document, Input: input, Warnings: found.warnings}, nil
}

func (j *Job) facts(described *types.TaskDefinition) definitionFacts {
	if j.definition != nil {
		return factsOfDocument(j.definition)
	}
	return factsOfDescribed(described)
}

// into fills an input of the SDK. Its fields have the names of the documents except for
// capitals, which encoding/json does not mind; the shapes have been checked.
func into(document map[string]any, input any) error {
	raw, err := json.Marshal(document)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, input)
}
