// Package handover writes what a bootstrap makes in AWS for other tools: a template of CloudFormation and a script of
// the AWS CLI. Both are made from the calls that bootstrap's own resources make (provision.DesiredState), and a call
// that they do not know is an error.
package handover

import (
	"fmt"
	"regexp"
	"strings"

	"ecsctl/provision"
)

// The formats.
const (
	CloudFormation = "cloudformation"
	CLI            = "cli"
)

// Formats are all of them.
var Formats = []string{CloudFormation, CLI}

// Lines are commands of ecsctl that do what the other tool cannot.
type Lines struct {
	Bootstrap string // makes the work pool
	PushImage string // takes the worker's image to its repository
}

// Write writes what a bootstrap of the pool makes in a format.
func Write(format, pool string, d *provision.Desired, lines Lines) (string, error) {
	switch format {
	case CloudFormation:
		return template(pool, d, lines)
	case CLI:
		return script(pool, d, lines)
	}
	return "", fmt.Errorf("there is no format %q", format)
}

// token matches a provision.Token: kind and attribute.
var token = regexp.MustCompile(`\{\{ecsctl:([a-z-]+):([A-Za-z]+)\}\}`)

// variables are those of the environment from which secrets come.
var variables = map[provision.Kind]string{
	provision.KindAPIKeySecret: "PREFECT_API_KEY", provision.KindAuthStringSecret: "PREFECT_API_AUTH_STRING",
}

// tokensIn are the tokens in all texts of a value, in their order.
func tokensIn(value any) (out [][]string) {
	switch value := value.(type) {
	case string:
		return token.FindAllStringSubmatch(value, -1)
	case []any:
		for _, v := range value {
			out = append(out, tokensIn(v)...)
		}
	case map[string]any:
		for _, v := range value {
			out = append(out, tokensIn(v)...)
		}
	}
	return out
}

// about says of each kind what it is for.
var about = map[provision.Kind]string{
	provision.KindSecurityGroup:      "The security group of worker and flow runs: out, and nothing in.",
	provision.KindCluster:            "The cluster.",
	provision.KindExecutionRole:      "The worker's execution role, by which ECS starts it.",
	provision.KindWorkerRole:         "The worker's task role, by which it launches flow runs.",
	provision.KindFlowRole:           "The flow runs' task role: what a flow may do in AWS.",
	provision.KindFlowExecutionRole:  "The flow runs' execution role, by which ECS starts them.",
	provision.KindInfrastructureRole: "The role by which ECS starts and ends managed instances.",
	provision.KindInstanceRole:       "The role by which managed instances register with ECS.",
	provision.KindInstanceProfile:    "The instance profile that hands that role to them.",
	provision.KindCapacityProvider:   "The capacity provider of Managed Instances, which flow runs use.",
	provision.KindLogGroup:           "The log group of worker and flow runs.",
	provision.KindFlowRepository:     "The repository of the flows' images.",
	provision.KindRepository:         "The repository of the worker's image.",
	provision.KindBucket:             "The bucket of bundles and results.",
	provision.KindAPIKeySecret:       "The secret with the Prefect API key, as plain text.",
	provision.KindAuthStringSecret:   "The secret with the Prefect auth string, as plain text.",
	provision.KindDeadLetterQueue:    "The queue of messages that no worker could handle.",
	provision.KindQueue:              "The observer's queue, by which workers hear of tasks that change.",
	provision.KindRule:               "The rule that sends the changes of the pool's tasks to the queue.",
	provision.KindTaskDefinition:     "The worker's task definition.",
	provision.KindService:            "The service that keeps the worker running.",
}

// comment breaks a text into lines that begin with "# ".
func comment(text string) string {
	const width = 100
	var out strings.Builder
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width && line != "#" {
			out.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	out.WriteString(line + "\n")
	return out.String()
}

// heading is what both formats begin with.
func heading(what, pool string, d *provision.Desired) string {
	var out strings.Builder
	out.WriteString(comment(fmt.Sprintf("%s what ecsctl bootstrap makes in AWS for the Prefect work pool %q, for "+
		"account %s and region %s. Made by ecsctl export, from the same settings.", what, pool, d.Identity.Account,
		d.Region)))
	for _, c := range d.Used {
		text := fmt.Sprintf("Used as it is: %s %s", c.Kind, c.Name)
		if c.Reason != "" {
			text += " (" + c.Reason + ")"
		}
		out.WriteString(comment(text))
	}
	return out.String()
}
