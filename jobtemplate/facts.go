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
}

func factsOfDocument(document map[string]any) definitionFacts {
	ignored := &findings{} // wrong types were noted when the document was made
	facts := definitionFacts{
		family:        field(document, "family"),
		networkMode:   field(document, "networkMode"),
		executionRole: field(document, "executionRoleArn"),
		container:     inferName(containersOf(ignored, document)),
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
	}
	for _, compatibility := range described.RequiresCompatibilities {
		facts.compatible = append(facts.compatible, string(compatibility))
	}
	var containers []map[string]any
	for _, container := range described.ContainerDefinitions {
		containers = append(containers, map[string]any{"name": aws.ToString(container.Name)})
	}
	facts.container = inferName(containers)
	return facts
}
