package provision

import (
	"context"
	"encoding/json"

	"ecsctl/internal/awserr"
)

// judgeLogs keeps the log group of the pool where there is one: the managed policy of
// execution roles lets tasks write to any, and make none.
func (p *workPool) judgeLogs(ctx context.Context) error {
	if string(p.theirs(logsVariable)) == "false" && p.w.spec.FlowRuns.Logs == nil {
		p.keeps.keep(logsVariable)
		p.keeps.keep(logOptionsVariable)
		return nil
	}
	group := p.theirGroup()
	if group == "" || !p.used[logOptionsVariable] || !p.w.spec.FlowRunLogs() {
		return nil
	}
	if p.w.recalled {
		p.keeps.keep(logOptionsVariable)
		return nil
	}
	found, err := p.w.groupNamed(ctx, group)
	switch {
	case awserr.Denied(err):
		p.keeps.warnings = append(p.keeps.warnings, "whether the pool's log group "+group+" exists was not looked at: "+
			explain("read it", err).Error())
	case err != nil:
		return explain("read the pool's log group", err)
	case found == nil:
		p.keeps.why[logOptionsVariable] = "log group " + group + " does not exist"
		return nil
	}
	p.keeps.keep(logOptionsVariable)
	return nil
}

// theirGroup is the log group that the pool's users chose.
func (p *workPool) theirGroup() string {
	var options map[string]any
	_ = json.Unmarshal(p.theirs(logOptionsVariable), &options) // another type of value names none
	group, _ := options["awslogs-group"].(string)
	return group
}
