package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/templates"
)

// poolType is the type of work pool that ECS workers serve.
const poolType = "ecs"

// workPool is the Prefect work pool with the defaults that ecsctl owns. Everything
// else in an existing pool stays as its users have it.
type workPool struct {
	w        *world
	keep     bool // teardown leaves it
	create   bool // bootstrap makes it when it is missing
	stores   bool // its storage is looked at, too
	found    *prefect.WorkPool
	template *poolTemplate // the pool's, or the one to make it from
	warnings []string
	keeps    poolKeeps
	asFound  bool            // the template is looked at as it is, and none is planned
	used     map[string]bool // variables that the template takes up; nil for a new pool
	job      *poolJob        // nil for a new pool
	// deployments are those that a teardown leaves without a pool.
	deployments int
	// results is the block in which results are kept; nil when there is none. resultsType is nil
	// on a server that has no such blocks.
	results     *prefect.BlockDocument
	resultsType *prefect.BlockTypeSchema
}

func (p *workPool) ref() (Kind, string) { return KindWorkPool, p.w.spec.Pool }
func (p *workPool) needs() []Kind {
	return []Kind{KindExecutionRole, KindFlowRole, KindFlowExecutionRole, KindCapacityProvider,
		KindAPIKeySecret, KindAuthStringSecret,
		KindSecurityGroup, KindBucket}
}

func (p *workPool) find(ctx context.Context) error {
	found, err := p.w.readPool(ctx)
	if errors.Is(err, prefect.ErrNotFound) {
		return p.findNone(ctx)
	}
	if err != nil {
		return err
	}
	p.found = found
	p.template, err = parsePoolTemplate(found.BaseJobTemplate)
	if err != nil {
		return fmt.Errorf("work pool %q: %w", p.w.spec.Pool, err)
	}
	if p.stores {
		return p.findStorage(ctx)
	}
	return nil
}

// findNone reads the template for a new pool, while the other resources look for
// themselves.
func (p *workPool) findNone(ctx context.Context) (err error) {
	p.found, p.template = nil, nil
	if p.create {
		p.template, err = p.newTemplate(ctx)
	}
	if err == nil && p.stores {
		err = p.findStorage(ctx)
	}
	return err
}

// check refuses a pool that ECS workers cannot serve.
func (p *workPool) check() error {
	if p.found == nil {
		return p.checkVariables()
	}
	if p.found.Type == poolType {
		return errors.Join(p.checkRemembered(), p.checkVariables(), p.checkJob())
	}
	return hint.Add(fmt.Errorf("work pool %q exists and is of type %q, not %q", p.w.spec.Pool, p.found.Type, poolType),
		"name another pool with --pool, or a new one: bootstrap creates it")
}

func (p *workPool) diff() Change {
	c := Change{Kind: KindWorkPool, Name: p.w.spec.Pool}
	if p.found == nil {
		c.Action = Create
		return c
	}
	c.ID = p.found.ID
	c.Reason = p.keptReason()
	for _, d := range p.changes() {
		c.Fields = append(c.Fields, Field{
			Path: "defaults." + d.name, Before: showRaw(p.template.defaultOf(d.name)), After: show(toJSON(d.value)),
			Why: p.keeps.why[d.name],
		})
	}
	c.Fields = append(c.Fields, p.storageFields()...)
	c.Fields = append(c.Fields, p.memoryFields()...)
	c.Action = updateIf(c.Fields)
	if c.Action == None && !p.template.marker.Created {
		c.Action, c.Reason = Adopt, joinReasons("not made by ecsctl: its defaults fit", c.Reason)
	}
	return c
}

func joinReasons(reason, more string) string {
	if more == "" {
		return reason
	}
	return reason + "; " + more
}

// memoryFields shows a change of what the pool remembers: names for teardown, and choices
// for whoever looks without naming them again.
func (p *workPool) memoryFields() []Field {
	names := compare(markerKey+".names", p.template.marker.Names, p.w.chosenNames())
	if p.w.recalled {
		return names
	}
	if m := p.template.marker; m.Version > 0 && m.Account != p.w.id.Account { // another is refused: it is not yet known
		names = append(names, Field{Path: markerKey + ".account", Before: m.Account, After: p.w.id.Account})
	}
	names = append(names, compare(markerKey+".ecsctl", p.template.marker.ECSCTL, p.newestVersion())...)
	names = append(names, compare(markerKey+".serves", p.template.marker.Serves, p.w.serves)...)
	names = append(names, compare(markerKey+".workerLogs", p.template.marker.WorkerLogs, p.w.spec.Worker.LogGroup)...)
	names = append(names, compare(markerKey+".attached", p.template.marker.Attached, p.w.attached())...)
	return append(names, compare(markerKey+".choices", p.template.marker.Choices, p.choicesToRemember())...)
}

func showRaw(raw json.RawMessage) string {
	if raw == nil {
		return ""
	}
	return show(toJSON(raw))
}

func (p *workPool) apply(ctx context.Context) (string, error) {
	if p.found == nil {
		return p.make(ctx)
	}
	return p.found.ID, p.converge(ctx)
}

func (p *workPool) make(ctx context.Context) (string, error) {
	p.template.marker = poolMarker{Created: true}
	p.template.marker = p.remember()
	raw, err := p.edited(p.changes())
	if err != nil {
		return "", err
	}
	made, err := p.w.aws.Prefect.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: p.w.spec.Pool, Type: poolType, Description: "Flow runs as ECS tasks. Made by ecsctl bootstrap.",
		BaseJobTemplate: raw,
	})
	if errors.Is(err, prefect.ErrConflict) { // another bootstrap was faster
		return p.meetOther(ctx)
	}
	if err != nil {
		return "", err
	}
	return made.ID, p.putStorage(ctx)
}

func (p *workPool) meetOther(ctx context.Context) (string, error) {
	if err := p.find(ctx); err != nil {
		return "", err
	}
	if p.found == nil {
		return "", errors.New("it was created and deleted by somebody else at the same time: run the command again")
	}
	if err := p.check(); err != nil {
		return "", err
	}
	return p.found.ID, p.converge(ctx)
}

// newTemplate is the server's own template for ecs pools, or the embedded one when
// the server has none to give.
func (p *workPool) newTemplate(ctx context.Context) (*poolTemplate, error) {
	raw, err := p.w.aws.Prefect.WorkerTemplate(ctx, poolType)
	if err != nil {
		p.w.log.Debug("the server offers no base job template: the embedded one is used", "error", err)
		raw = templates.ECSBaseJobTemplate
	}
	return parsePoolTemplate(raw)
}

func (p *workPool) converge(ctx context.Context) error {
	changes := p.changes()
	if len(changes) == 0 && len(p.memoryFields()) == 0 && len(p.storageFields()) == 0 {
		return nil
	}
	p.template.marker = p.remember() // before what it remembers is replaced
	raw, err := p.edited(changes)
	if err != nil {
		return err
	}
	if err := p.w.aws.Prefect.UpdateWorkPool(ctx, p.w.spec.Pool,
		prefect.WorkPoolUpdate{BaseJobTemplate: raw}); err != nil {
		return err
	}
	return p.putStorage(ctx)
}

// edited is the pool's template with the changes in it.
func (p *workPool) edited(changes []poolDefault) (json.RawMessage, error) {
	for _, d := range changes {
		if !p.template.has(d.name) {
			if err := p.addVariable(d.name); err != nil {
				return nil, err
			}
		}
		if err := p.template.set(d); err != nil {
			return nil, err
		}
	}
	return p.template.encode()
}

// addVariable takes the variable's schema from the embedded template, or from those that no template has.
func (p *workPool) addVariable(name string) error {
	if v, ok := placedVariables[name]; ok {
		return p.template.placeVariable(name, v)
	}
	embedded, err := parsePoolTemplate(templates.ECSBaseJobTemplate)
	if err != nil {
		return err
	}
	return p.template.addVariable(name, embedded.properties.Get(name))
}

// countDeployments counts what loses its pool when a teardown deletes it.
func (p *workPool) countDeployments(ctx context.Context) (err error) {
	if p.found == nil || p.keep || !p.template.marker.Created {
		return nil
	}
	p.deployments, err = p.w.aws.Prefect.CountDeployments(ctx, p.w.spec.Pool)
	return err
}
