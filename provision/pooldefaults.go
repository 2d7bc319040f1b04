package provision

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// defaults are those that ecsctl owns, in the order in which plans show them.
func (p *workPool) defaults() []poolDefault {
	w, f := p.w, p.w.spec.FlowRuns
	network := w.network.found()
	ip := string(publicIP(network.publicIP && !f.ManagesInstances())) // ECS refuses one on managed instances
	out := []poolDefault{
		{"cluster", w.spec.Cluster},
		{vpcVariable, cmp.Or(p.keeps.vpc, network.vpc)},
		{networkVariable, map[string]any{
			"subnets": network.subnetIDs(), "securityGroups": w.securityGroups(), "assignPublicIp": ip,
		}},
		{executionRoleVariable, w.flowRunExecutionRole()},
	}
	add := func(set bool, name string, value any) {
		if set {
			out = append(out, poolDefault{name, value})
		}
	}
	add(p.setsTaskRole(), taskRoleVariable, w.flowRunTaskRole())
	add(true, logsVariable, w.spec.FlowRunLogs())
	options := p.logOptions()
	add(options != nil, logOptionsVariable, options)
	add(f.LaunchesAs() != "", launchTypeVariable, f.LaunchesAs())
	capacity := w.spec.CapacityVariables()
	strategy := capacity[strategyVariable]
	add(strategy != nil && p.setsStrategy(strategy), strategyVariable, strategy)
	for _, name := range managedVariables {
		add(capacity[name] != nil, name, capacity[name])
	}
	add(f.Image != "", "image", f.Image)
	add(f.CPU != 0, "cpu", f.CPU)
	add(f.Memory != 0, "memory", f.Memory)
	add(p.takesSecrets() && w.apiKeySecretARN() != "", apiKeySecretVariable, w.apiKeySecretARN())
	add(p.takesSecrets() && w.hasAuthString(), authStringSecretVariable, w.value(KindAuthStringSecret))
	return slices.DeleteFunc(p.jobVariables(out), func(d poolDefault) bool {
		return p.keeps.kept[d.name] && !p.names(d.name) || p.ofDefinition(d.name)
	})
}

// ofDefinition reports whether a variable is of the task definition where the template names
// one that is registered already, so that nothing takes the variable up.
func (p *workPool) ofDefinition(variable string) bool {
	return p.theirText(definitionVariable) != "" && slices.Contains(definitionVariables, variable)
}

const definitionVariable = "task_definition_arn"

var definitionVariables = []string{
	executionRoleVariable, logsVariable, logOptionsVariable, apiKeySecretVariable, authStringSecretVariable,
}

const taskRoleVariable = "task_role_arn"

// setsTaskRole reports whether bootstrap sets the task role. It keeps a role that the pool's
// users chose, unless the Spec names another.
func (p *workPool) setsTaskRole() bool {
	if p.w.spec.FlowRuns.TaskRole != "" {
		return true
	}
	if !p.w.makesFlowRole() || !p.template.has(taskRoleVariable) || p.theirText(definitionVariable) != "" {
		return false // nobody asked for it
	}
	var chosen string
	_ = json.Unmarshal(p.template.defaultOf(taskRoleVariable), &chosen) // another type of value names no role
	return chosen == "" || chosen == newFlowRole(p.w).wantedARN()
}

const logOptionsVariable = "cloudwatch_logs_options"

// logOptions are the pool's own options of the log driver with the group in them; nil
// leaves them as they are. Without logs there must be none: the official worker
// refuses options that have no effect.
func (p *workPool) logOptions() map[string]any {
	options := map[string]any{}
	raw := p.template.defaultOf(logOptionsVariable)
	if !p.w.spec.FlowRunLogs() {
		if raw == nil {
			return nil
		}
		return options
	}
	if err := json.Unmarshal(raw, &options); err != nil {
		options = map[string]any{} // none, or of another type, which no worker takes
	}
	if named, ok := p.w.spec.FlowRuns.JobVariables[logOptionsVariable].(map[string]any); ok {
		options = maps.Clone(named)
		if group, _ := named["awslogs-group"].(string); group != "" {
			return options // flow runs log apart from the worker
		}
	}
	options["awslogs-group"] = p.w.spec.Names.LogGroup
	// The group exists; asking the driver to create it would need a right that it has no use for.
	options["awslogs-create-group"] = "false"
	return options
}

// The variables by which flow-run tasks get their credentials as secrets.
const (
	apiKeySecretVariable     = "prefect_api_key_secret_arn"
	authStringSecretVariable = "prefect_api_auth_string_secret_arn"
)

// takesSecrets reports whether the pool has variables for secrets. The official worker for
// Prefect 2 (prefect-aws below 0.5) has none and passes its own key to its tasks.
func (p *workPool) takesSecrets() bool { return !p.w.server.prefect2() }

// changes are the owned defaults that differ. Variables that the pool's template does
// not have, because its users took them out, are left out with a warning.
func (p *workPool) changes() []poolDefault {
	p.warnings = p.forgottenChoices()
	if p.found != nil && p.found.IsPaused {
		p.warnings = append(p.warnings,
			fmt.Sprintf("work pool %q is paused: nothing runs until `prefect work-pool resume`", p.w.spec.Pool))
	}
	var out []poolDefault
	wanted := slices.Concat(p.defaults(), p.staleSecrets(), p.staleVariables())
	if unused := p.unused(wanted); len(unused) > 0 {
		p.warnings = append(p.warnings, fmt.Sprintf("work pool %q: nothing in the template uses the variables %s: "+
			"their defaults have no effect and are not set", p.w.spec.Pool, strings.Join(unused, ", ")))
	}
	for _, d := range wanted {
		switch {
		case !p.takesEffect(d.name):
		case p.template.has(d.name):
			if p.template.differs(d) {
				out = append(out, d)
			}
		case isSecretVariable(d.name) && p.template.config.Get(d.name) == nil, isPlaced(d.name):
			out = append(out, d)
		default:
			p.warnings = append(p.warnings,
				fmt.Sprintf("work pool %q has no variable %q in its base job template: its default is not set",
					p.w.spec.Pool, d.name))
		}
	}
	return out
}

// staleSecrets take away the defaults that name a secret which is no longer used:
// flow runs could not read it.
func (p *workPool) staleSecrets() []poolDefault {
	var out []poolDefault
	used := map[string]bool{}
	for _, d := range p.defaults() {
		used[d.name] = true
	}
	for _, name := range []string{apiKeySecretVariable, authStringSecretVariable} {
		if !used[name] && p.template.ours(name) {
			out = append(out, poolDefault{name, nil})
		}
	}
	return out
}

func isPlaced(name string) bool {
	_, ok := placedVariables[name]
	return ok
}

func isSecretVariable(name string) bool {
	return name == apiKeySecretVariable || name == authStringSecretVariable
}
