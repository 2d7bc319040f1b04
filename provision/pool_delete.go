package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ecsctl/prefect"
)

func (p *workPool) remove() Change {
	c := Change{Kind: KindWorkPool, Name: p.w.spec.Pool, Action: Delete}
	if p.found == nil {
		c.Action = None
		return c
	}
	c.ID = p.found.ID
	marker := p.template.marker
	switch {
	case marker.Created && p.keep && marker.of() != "":
		c.Action, c.Reason = Update, fmt.Sprintf("kept, as --keep-pool says; the worker of pool %q no longer serves it",
			marker.of())
	case marker.Created && p.keep:
		c.Action, c.Reason = Leave, "kept, as --keep-pool says"
	case marker.Created:
		if p.deployments > 0 {
			c.Reason = fmt.Sprintf("%d of its deployments are left without a work pool", p.deployments)
			if p.deployments == 1 {
				c.Reason = "1 deployment is left without a work pool"
			}
		}
	case marker.Version > 0:
		c.Action, c.Reason, c.Fields = Update, "not made by ecsctl: its defaults are restored",
			p.restoredFields()
	default:
		c.Action, c.Reason = Leave, notOurs
	}
	return c
}

func (p *workPool) restoredFields() []Field {
	var out []Field
	for name, mark := range p.template.marker.Defaults {
		out = append(out, Field{Path: "defaults." + name, Before: showRaw(p.template.defaultOf(name)),
			After: showRaw(mark.Before)})
	}
	slices.SortFunc(out, func(a, b Field) int { return strings.Compare(a.Path, b.Path) })
	return out
}

func (p *workPool) delete(ctx context.Context) error {
	if p.template.marker.Created && p.keep {
		return p.leaveHost(ctx)
	}
	if p.template.marker.Created {
		if err := p.deleteStorage(ctx); err != nil {
			return err
		}
		err := p.w.aws.Prefect.DeleteWorkPool(ctx, p.w.spec.Pool)
		if errors.Is(err, prefect.ErrNotFound) {
			return nil
		}
		return err
	}
	before := p.template.marker.StorageBefore
	if err := p.template.restore(); err != nil {
		return err
	}
	raw, err := p.template.encode()
	if err != nil {
		return err
	}
	update := prefect.WorkPoolUpdate{BaseJobTemplate: raw}
	if before != nil {
		update.Storage = before
	}
	if err := p.w.aws.Prefect.UpdateWorkPool(ctx, p.w.spec.Pool, update); err != nil {
		return err
	}
	return p.deleteStorage(ctx)
}
