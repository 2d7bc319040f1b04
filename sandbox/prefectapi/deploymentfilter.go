package prefectapi

import (
	"cmp"
)

func (a *API) filterDeployments(r *request) (answer, error) {
	matching, p, err := a.matchingDeployments(r)
	if err != nil {
		return answer{}, err
	}
	return show(matching, p, a.showDeployment)
}

func (a *API) countDeployments(r *request) (answer, error) {
	matching, _, err := a.matchingDeployments(r)
	if err != nil {
		return answer{}, err
	}
	return ok(len(matching))
}

func (a *API) matchingDeployments(r *request) ([]*deployment, page, error) {
	var q struct {
		Deployments filter `json:"deployments"`
		Flows       filter `json:"flows"`
		Pools       filter `json:"work_pools"`
		page
	}
	if err := r.body.read(pageSchema("deployments", "flows", "work_pools"), &q); err != nil {
		return nil, page{}, err
	}
	matching, err := match(a.deployments, q.Deployments, "deployments", map[string]test[*deployment]{
		"id":      anyOf(func(d *deployment) string { return d.ID }),
		"name":    anyOf(func(d *deployment) string { return d.Name }),
		"flow_id": anyOf(func(d *deployment) string { return d.FlowID }),
	})
	if err != nil {
		return nil, page{}, err
	}
	matching, err = match(matching, q.Flows, "flows",
		flowTests(func(d *deployment) *flow { return a.flowByID(d.FlowID) }))
	if err != nil {
		return nil, page{}, err
	}
	matching, err = match(matching, q.Pools, "work_pools",
		poolTests(func(d *deployment) (*pool, *queue) { return a.queueByID(d.WorkQueueID) }))
	if err == nil {
		err = sortBy(matching, q.Sort, map[string]func(x, y *deployment) int{
			"NAME_ASC":     func(x, y *deployment) int { return cmp.Compare(x.Name, y.Name) },
			"NAME_DESC":    func(x, y *deployment) int { return cmp.Compare(y.Name, x.Name) },
			"CREATED_DESC": func(x, y *deployment) int { return y.Created.Compare(x.Created.Time) },
			"UPDATED_DESC": func(x, y *deployment) int { return y.Updated.Compare(x.Updated.Time) },
		})
	}
	return matching, q.page, err
}

// poolTests are the conditions on the pool of rows that may have one.
func poolTests[T any](of func(T) (*pool, *queue)) map[string]test[T] {
	value := func(read func(*pool) string) test[T] {
		return anyOf(func(row T) string {
			if p, _ := of(row); p != nil {
				return read(p)
			}
			return ""
		})
	}
	return map[string]test[T]{
		"id":   value(func(p *pool) string { return p.ID }),
		"name": value(func(p *pool) string { return p.Name }),
		"type": value(func(p *pool) string { return p.Type }),
	}
}
