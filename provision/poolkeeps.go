package provision

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"ecsctl/jobtemplate"
)

// The variables of which a pool's own default is kept where it can work.
const (
	networkVariable       = "network_configuration"
	vpcVariable           = "vpc_id"
	executionRoleVariable = "execution_role_arn"
	logsVariable          = "configure_cloudwatch_logs"
)

// poolKeeps says which defaults of a pool stay as its users have them.
type poolKeeps struct {
	kept map[string]bool
	// why has the reason for each of theirs that cannot stay.
	why      map[string]string
	vpc      string // of the kept network
	warnings []string
}

func (k *poolKeeps) keep(variable string) { k.kept[variable] = true }

// theirs is a default that the pool's users chose: bootstrap neither made the pool nor ever
// set the default.
func (p *workPool) theirs(variable string) json.RawMessage {
	marker := p.template.marker
	if _, set := marker.Defaults[variable]; p.found == nil || marker.Created || set {
		return nil
	}
	return p.template.defaultOf(variable)
}

func (p *workPool) theirText(variable string) string {
	var text string
	_ = json.Unmarshal(p.theirs(variable), &text) // another type of value names nothing
	return text
}

// judge decides what stays. A plan that looks at an earlier bootstrap asks nobody: what is
// still theirs then was kept.
func (p *workPool) judge(ctx context.Context) error {
	p.keeps = poolKeeps{kept: map[string]bool{}, why: map[string]string{}}
	if p.found == nil {
		if p.template == nil || len(p.w.spec.FlowRuns.JobVariables) == 0 {
			return nil
		}
		return errors.Join(p.judgeNamedNetwork(ctx), p.findJob(ctx))
	}
	p.used = jobtemplate.UsedVariables(p.found.BaseJobTemplate)
	for _, look := range []func(context.Context) error{
		p.judgeNetwork, p.judgeNamedNetwork, p.judgeRole, p.judgeLogs, p.findJob,
	} {
		if err := look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// takesEffect reports whether the template uses a variable. A missing one is reported elsewhere.
func (p *workPool) takesEffect(variable string) bool {
	return p.used == nil || p.used[variable] || !p.template.has(variable) || p.added(variable)
}

// added reports whether bootstrap declares the variable itself, and its use with it.
func (p *workPool) added(variable string) bool {
	return slices.Contains(p.template.marker.Added, variable)
}

// unused names the defaults that bootstrap would set if anything in the template took them up.
func (p *workPool) unused(defaults []poolDefault) []string {
	var out []string
	for _, d := range defaults {
		if !p.takesEffect(d.name) {
			out = append(out, d.name)
		}
	}
	return out
}

// keptReason is what the plan says of a pool that keeps defaults of its own.
func (p *workPool) keptReason() string {
	var names []string
	for name := range p.keeps.kept {
		names = append(names, name)
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "keeps its own " + strings.Join(names, ", ")
}
