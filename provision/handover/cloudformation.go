package handover

import (
	"fmt"
	"slices"
	"strings"

	"ecsctl/provision"
)

// workerCount is the parameter of a template whose worker's image has to be pushed first.
const workerCount = "WorkerCount"

// stackResource is one resource of a template.
type stackResource struct {
	id         string
	kind       provision.Kind
	typeName   string
	needs      []provision.Kind
	properties map[string]any
}

// template is a template of CloudFormation, as YAML.
func template(pool string, d *provision.Desired, lines Lines) (string, error) {
	var resources []stackResource
	for _, step := range d.Steps {
		made, err := resourcesOf(step)
		if err != nil {
			return "", fmt.Errorf("failed to write %s %q: %w", step.Kind, step.Name, err)
		}
		resources = append(resources, made...)
	}
	var parameters, members []pair
	for _, r := range resources {
		if variable := variables[r.kind]; variable != "" {
			parameters = append(parameters, pair{key: parameterOf(r.kind), value: []pair{
				{key: "Type", value: "String"}, {key: "NoEcho", value: true}, {key: "MinLength", value: 1},
				{key: "Description", value: variable + " of the worker"},
			}})
		}
		if r.kind == provision.KindService && d.Image != "" && r.properties["DesiredCount"] != int64(0) {
			parameters = append(parameters, countParameter(r.properties))
		}
		members = append(members, r.member(d))
	}
	root := []pair{{key: "AWSTemplateFormatVersion", value: "2010-09-09"},
		{key: "Description", value: fmt.Sprintf("Prefect work pool %s, as ecsctl bootstrap makes it in account %s, "+
			"region %s", pool, d.Identity.Account, d.Region)},
		{key: "Metadata", value: map[string]any{"ecsctl": beside(d, lines)}}}
	if len(parameters) > 0 {
		root = append(root, pair{key: "Parameters", value: parameters})
	}
	root = append(root, pair{key: "Resources", value: members})
	var out strings.Builder
	out.WriteString(heading("CloudFormation template:", pool, d) + "#\n" + stackSteps(d, lines, parameters))
	writeYAML(&out, root, "")
	return out.String(), nil
}

// countParameter takes the place of the service's count: no task starts before its image is there.
func countParameter(service map[string]any) pair {
	usual := service["DesiredCount"]
	service["DesiredCount"] = map[string]any{"Ref": workerCount}
	return pair{key: workerCount, value: []pair{
		{key: "Type", value: "Number"}, {key: "Default", value: 0}, {key: "MinValue", value: 0},
		{key: "Description", value: fmt.Sprintf("0 until the worker's image is pushed, then %v", usual)},
	}}
}

// beside is what no stack can make, with the commands that do.
func beside(d *provision.Desired, lines Lines) map[string]any {
	out := map[string]any{"WorkPool": lines.Bootstrap}
	if d.Image != "" {
		out["WorkerImage"] = lines.PushImage
	}
	return out
}

// stackSteps say how the template is used.
func stackSteps(d *provision.Desired, lines Lines, parameters []pair) string {
	create := "aws cloudformation create-stack --capabilities CAPABILITY_NAMED_IAM --stack-name NAME " +
		"--template-body file://FILE"
	if len(parameters) > 0 {
		create += " --parameters file://PARAMETERS.json"
	}
	var out strings.Builder
	out.WriteString(comment("1. Make the stack. The names are fixed, so that an account and region has room for one:"))
	out.WriteString("#\n#   " + create + "\n#\n")
	if len(parameters) > 0 {
		out.WriteString(comment("The parameters' file keeps keys out of command lines. It holds secrets: let nobody " +
			"else read it, and delete it afterwards."))
		out.WriteString("#\n")
	}
	out.WriteString(comment("2. CloudFormation has no work pools, and pushes no images. ecsctl finds the rest by " +
		"name and tag, as its own, and makes what is missing:"))
	out.WriteString("#\n#   " + lines.Bootstrap + "\n#\n")
	if slices.ContainsFunc(parameters, func(p pair) bool { return p.key == workerCount }) {
		out.WriteString(comment("3. With the image in its repository, start the worker: update the stack with " +
			workerCount + ", and the previous template and keys."))
		out.WriteString("#\n")
	}
	return out.String()
}

// parameterOf is the parameter with a secret's value: PrefectApiKey is PREFECT_API_KEY.
func parameterOf(kind provision.Kind) string {
	return logicalID(provision.Kind(strings.ReplaceAll(strings.ToLower(variables[kind]), "_", "-")))
}

// logicalID of "api-key-secret" is ApiKeySecret.
func logicalID(kind provision.Kind) string {
	var out strings.Builder
	for word := range strings.SplitSeq(string(kind), "-") {
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

// member is the resource in the template. What it refers to needs no DependsOn.
func (r stackResource) member(d *provision.Desired) pair {
	referred := tokensIn(r.properties)
	var after []any
	for _, kind := range r.needs {
		inside := slices.ContainsFunc(referred, func(t []string) bool { return t[1] == string(kind) })
		if d.Makes(kind) && !inside {
			after = append(after, logicalID(kind))
		}
	}
	value := []pair{{key: "Type", value: r.typeName}}
	if len(after) > 0 {
		value = append(value, pair{key: "DependsOn", value: after})
	}
	value = append(value, pair{key: "Properties", value: references(r.properties)})
	text := about[r.kind]
	if r.id != logicalID(r.kind) {
		text = "" // stands behind what it belongs to
	} else {
		text = comment(text)
	}
	return pair{comment: text, key: r.id, value: value}
}

// references puts CloudFormation's functions in the place of tokens.
func references(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, v := range value {
			out[key] = references(v)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = references(v)
		}
		return out
	case string:
		return reference(value)
	}
	return value
}

func reference(text string) any {
	found := token.FindStringSubmatch(text)
	switch {
	case found == nil:
		return text
	case found[0] != text:
		text = strings.ReplaceAll(text, "${", "${!")
		inside := "$${" + logicalID(provision.Kind(found[1])) + "." + found[2] + "}"
		return map[string]any{"Fn::Sub": token.ReplaceAllString(text, inside)}
	}
	kind, id := provision.Kind(found[1]), logicalID(provision.Kind(found[1]))
	switch found[2] {
	case provision.TokenValue:
		return map[string]any{"Ref": parameterOf(kind)}
	case provision.TokenID:
		return map[string]any{"Fn::GetAtt": []any{id, "GroupId"}}
	case provision.TokenURI:
		return map[string]any{"Fn::GetAtt": []any{id, provision.TokenURI}}
	}
	return map[string]any{"Ref": id} // of a secret and of a task definition: the ARN
}
