package handover

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ecsctl/internal/shellword"
	"ecsctl/provision"
)

// guide are the parts of Prefect's ECS Worker Guide, in its order, with the kinds that belong to each.
var guide = []struct {
	heading string
	kinds   []provision.Kind
}{
	{"Prerequisites: a cluster, and a way out for its tasks.",
		[]provision.Kind{provision.KindCluster, provision.KindSecurityGroup}},
	{"Step 2: the roles. The guide's one role may not launch flow runs, so that the worker has another.",
		[]provision.Kind{provision.KindExecutionRole, provision.KindWorkerRole, provision.KindFlowRole,
			provision.KindFlowExecutionRole, provision.KindInfrastructureRole, provision.KindInstanceRole,
			provision.KindInstanceProfile}},
	{"The managed instances of the flow runs, which the guide does not have.",
		[]provision.Kind{provision.KindCapacityProvider}},
	{"Step 2: what the worker's task needs.",
		[]provision.Kind{provision.KindLogGroup, provision.KindAPIKeySecret, provision.KindAuthStringSecret,
			provision.KindDeadLetterQueue, provision.KindQueue, provision.KindRule, provision.KindFlowRepository,
			provision.KindBucket, provision.KindRepository}},
	{"Step 2: the task definition and the service.",
		[]provision.Kind{provision.KindTaskDefinition, provision.KindService}},
}

// script is a script of the AWS CLI, for bash.
func script(pool string, d *provision.Desired, lines Lines) (string, error) {
	w := &scriptWriter{used: map[string]bool{}}
	for _, step := range d.Steps {
		for _, call := range step.Calls {
			for _, t := range tokensIn(parametersOf(call)) {
				w.used[t[0]] = true
			}
		}
	}
	w.out.WriteString("#!/usr/bin/env bash\n" + heading("AWS CLI script:", pool, d))
	w.out.WriteString("set -euo pipefail\n\n")
	w.begin(d)
	w.out.WriteString(comment("Step 1: the work pool. AWS has no part in it; once all below is made, ecsctl finds it "+
		"as its own and makes the pool, with the cluster, network and roles as its defaults:") + "#\n#   " +
		lines.Bootstrap + "\n\n")
	done := 0
	for _, part := range guide {
		n, err := w.part(part.heading, part.kinds, d, lines)
		if err != nil {
			return "", err
		}
		done += n
	}
	if done != len(d.Steps) {
		return "", fmt.Errorf("export to the AWS CLI has no place for one of the kinds %s", kindsOf(d.Steps))
	}
	w.out.WriteString("echo " + shellword.Quote("made. Next, for the work pool: "+lines.Bootstrap) + " >&2\n")
	return w.out.String(), nil
}

func kindsOf(steps []provision.DesiredStep) string {
	var names []string
	for _, step := range steps {
		names = append(names, string(step.Kind))
	}
	return strings.Join(names, ", ")
}

type scriptWriter struct {
	out  strings.Builder
	used map[string]bool // tokens that a call refers to
}

// begin checks where the script is, and asks for keys that the environment does not have.
func (w *scriptWriter) begin(d *provision.Desired) {
	fmt.Fprintf(&w.out, "export AWS_REGION=%[1]s AWS_DEFAULT_REGION=%[1]s AWS_PAGER=\n", shellword.Quote(d.Region))
	fmt.Fprintf(&w.out, `if [[ $(aws sts get-caller-identity --query Account --output text) != %[1]s ]]; then
  echo "this is not account %[1]s, which the names below are of" >&2
  exit 1
fi
`, d.Identity.Account)
	for _, step := range d.Steps {
		if variable := variables[step.Kind]; variable != "" {
			fmt.Fprintf(&w.out, "if [[ -z ${%[1]s:-} ]]; then\n  read -rsp '%[1]s, which is not shown: ' %[1]s\n  "+
				"echo >&2\nfi\n", variable)
		}
	}
	w.out.WriteString(`
# A role or a group that is new is not seen everywhere at once: again asks for two minutes.
again() {
  local try
  for try in {1..24}; do
    if "$@"; then return; fi
    if ((try < 24)); then sleep 5; fi
  done
  return 1
}

`)
}

// part writes the steps of one part, and says how many there were.
func (w *scriptWriter) part(heading string, kinds []provision.Kind, d *provision.Desired, lines Lines) (int, error) {
	n := 0
	for _, kind := range kinds {
		for _, step := range d.Steps {
			if step.Kind != kind {
				continue
			}
			if n == 0 {
				w.out.WriteString(comment(heading) + "\n")
			}
			n++
			if err := w.step(step, d); err != nil {
				return n, fmt.Errorf("failed to write %s %q: %w", step.Kind, step.Name, err)
			}
			if kind == provision.KindRepository && d.Image != "" {
				w.out.WriteString(comment("The worker's image. ecsctl makes and pushes it, without Docker.") +
					lines.PushImage + " >&2\n\n")
			}
		}
	}
	return n, nil
}

func (w *scriptWriter) step(step provision.DesiredStep, d *provision.Desired) error {
	w.out.WriteString(comment(about[step.Kind]))
	if d.Image != "" && step.Kind == provision.KindTaskDefinition && !d.Makes(provision.KindRepository) {
		w.out.WriteString(comment("Its image has to be in the repository, which is used as it is."))
	}
	for _, call := range step.Calls {
		if err := w.call(step.Kind, call); err != nil {
			return err
		}
	}
	if wait := waits[step.Calls[0].Operation]; wait != nil {
		w.out.WriteString(wait(step.Calls[0]) + "\n")
	}
	w.out.WriteString("\n")
	return nil
}

// services are the AWS CLI's names for services.
var services = map[string]string{
	"ECS": "ecs", "IAM": "iam", "EC2": "ec2", "CloudWatch Logs": "logs", "ECR": "ecr", "SQS": "sqs",
	"Secrets Manager": "secretsmanager", "EventBridge": "events", "S3": "s3api",
}

// answers are where in a call's answer its tokens are.
var answers = map[string]struct{ attribute, query string }{
	"CreateSecurityGroup":    {provision.TokenID, "GroupId"},
	"CreateSecret":           {provision.TokenARN, "ARN"},
	"CreateRepository":       {provision.TokenURI, "repository.repositoryUri"},
	"RegisterTaskDefinition": {provision.TokenARN, "taskDefinition.taskDefinitionArn"},
}

// hasty are the calls that AWS may refuse because a role or a group is not seen yet.
var hasty = []string{"RegisterTaskDefinition", "CreateService", "PutBucketPolicy", "AddRoleToInstanceProfile",
	"CreateCapacityProvider"}

// waits are for what is there only some time after the call that makes it.
var waits = map[string]func(provision.Call) string{
	"CreateRole": func(c provision.Call) string {
		return "aws iam wait role-exists --role-name " + word(parametersOf(c)["RoleName"])
	},
	"CreateInstanceProfile": func(c provision.Call) string {
		return "aws iam wait instance-profile-exists --instance-profile-name " +
			word(parametersOf(c)["InstanceProfileName"])
	},
	"CreateService": func(c provision.Call) string {
		p := parametersOf(c)
		return "aws ecs wait services-stable --cluster " + word(p["cluster"]) + " --services " + word(p["serviceName"])
	},
}

// call writes one call, and keeps what later ones need of its answer.
func (w *scriptWriter) call(kind provision.Kind, call provision.Call) error {
	service, ok := services[call.Service]
	if !ok {
		return fmt.Errorf("export to the AWS CLI does not know the service %s", call.Service)
	}
	command := "aws " + service + " " + kebab(call.Operation)
	if slices.Contains(hasty, call.Operation) {
		command = "again " + command
	}
	parameters := parametersOf(call)
	secret := provision.Token(kind, provision.TokenValue)
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if parameters[name] == secret { // printf is bash's own: the value is no argument of a program
			command = `printf %s "$` + variables[kind] + `" | ` + command + " \\\n  --" + kebab(name) +
				" file:///dev/stdin"
			continue
		}
		command += " \\\n  " + option(name, parameters[name])
	}
	answer := answers[call.Operation]
	if kept := provision.Token(kind, answer.attribute); answer.query != "" && w.used[kept] {
		command = variable(kind, answer.attribute) + "=$(" + command + " \\\n  --query " + answer.query +
			" --output text)"
	} else {
		command += " >/dev/null"
	}
	w.out.WriteString(command + "\n")
	return nil
}

// parametersOf are those of a call without what the SDK makes up anew each time.
func parametersOf(call provision.Call) map[string]any {
	fields := maps.Clone(call.Body)
	if fields == nil {
		fields = fieldsOf(call)
	}
	for _, name := range []string{"clientToken", "ClientRequestToken"} {
		delete(fields, name)
	}
	return fields
}

// option is a parameter on the command line; booleans are switches there.
func option(name string, value any) string {
	if on, ok := value.(bool); ok {
		if on {
			return "--" + kebab(name)
		}
		return "--no-" + kebab(name)
	}
	return "--" + kebab(name) + " " + word(value)
}

// word is a value as one word of the shell. Texts and numbers stand as they are, the rest as JSON.
func word(value any) string {
	text, ok := value.(string)
	if !ok {
		text = scalar(value)
	}
	if found := token.FindStringSubmatch(text); found != nil && found[0] == text {
		return `"$` + variable(provision.Kind(found[1]), found[2]) + `"`
	}
	quoted := shellword.Quote(text)
	return token.ReplaceAllStringFunc(quoted, func(t string) string {
		found := token.FindStringSubmatch(t)
		return `'"$` + variable(provision.Kind(found[1]), found[2]) + `"'`
	})
}

// variable is the shell's for a token.
func variable(kind provision.Kind, attribute string) string {
	name := strings.ToLower(attribute)
	if attribute == provision.TokenURI {
		name = "uri"
	}
	return strings.ReplaceAll(string(kind), "-", "_") + "_" + name
}

// kebab turns AWS's names into the AWS CLI's: enableECSManagedTags into enable-ecs-managed-tags.
func kebab(name string) string {
	var out strings.Builder
	runes := []rune(name)
	upper := func(i int) bool { return i >= 0 && i < len(runes) && runes[i] >= 'A' && runes[i] <= 'Z' }
	for i, r := range runes {
		begins := upper(i) && i > 0 && (!upper(i-1) || i+1 < len(runes) && !upper(i+1))
		if begins {
			out.WriteByte('-')
		}
		out.WriteRune(r)
	}
	return strings.ToLower(out.String())
}
