package jobtemplate

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type jsonNumber = json.Number

// definitionFacts are what a request must know of its task definition, be it the
// job's own or one that AWS has.
type definitionFacts struct {
	family        string
	networkMode   string
	compatible    []string // requiresCompatibilities; nil when there are none
	executionRole string
	container     string // the name of the container that the run belongs in

	secrets map[string]map[string]bool // the variables that each container has as secrets

	known    bool            // AWS has described the definition, or it is the job's own
	taskRole string          // its ARN
	names    map[string]bool // of the containers
}

func factsOfDocument(document map[string]any) definitionFacts {
	ignored := &findings{} // wrong types were noted when the document was made
	containers := containersOf(ignored, document)
	facts := definitionFacts{
		family:        field(document, "family"),
		networkMode:   field(document, "networkMode"),
		executionRole: field(document, "executionRoleArn"),
		container:     inferName(containers),
		secrets:       map[string]map[string]bool{},
		known:         document != nil,
		taskRole:      field(document, "taskRoleArn"),
		names:         map[string]bool{},
	}
	for _, container := range containers {
		facts.names[field(container, "name")] = true
		for _, secret := range containerObjects(container["secrets"]) {
			facts.addSecret(field(container, "name"), field(secret, "name"))
		}
	}
	list, _ := document["requiresCompatibilities"].([]any)
	for _, item := range list {
		facts.compatible = append(facts.compatible, pyText(item))
	}
	return facts
}

func factsOfDescribed(described *types.TaskDefinition) definitionFacts {
	if described == nil {
		return definitionFacts{}
	}
	facts := definitionFacts{
		family:        aws.ToString(described.Family),
		networkMode:   string(described.NetworkMode),
		executionRole: aws.ToString(described.ExecutionRoleArn),
		secrets:       map[string]map[string]bool{},
		known:         true,
		taskRole:      aws.ToString(described.TaskRoleArn),
		names:         map[string]bool{},
	}
	for _, compatibility := range described.RequiresCompatibilities {
		facts.compatible = append(facts.compatible, string(compatibility))
	}
	var containers []map[string]any
	for _, container := range described.ContainerDefinitions {
		containers = append(containers, map[string]any{"name": aws.ToString(container.Name)})
		facts.names[aws.ToString(container.Name)] = true
		for _, secret := range container.Secrets {
			facts.addSecret(aws.ToString(container.Name), aws.ToString(secret.Name))
		}
	}
	facts.container = inferName(containers)
	return facts
}

func (f definitionFacts) addSecret(container, variable string) {
	if f.secrets[container] == nil {
		f.secrets[container] = map[string]bool{}
	}
	f.secrets[container][variable] = true
}
