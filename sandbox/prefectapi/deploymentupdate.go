package prefectapi

import (
	"encoding/json"
	"fmt"
	"maps"
)

// takeSchedules reads the schedules in the body of a deployment. Clients of Prefect 2 may
// give one by its older name.
func (a *API) takeSchedules(d *deployment, b body) (err error) {
	if given := rawOr(b.fields["schedules"], ""); len(given) > 0 {
		d.schedules, err = a.readSchedules(given, "schedules")
		return err
	}
	one := rawOr(b.fields["schedule"], "")
	if !a.isPrefect2() || len(one) == 0 {
		return nil
	}
	active := rawOr(b.fields["is_schedule_active"], "true")
	d.schedules, err = a.readSchedules(json.RawMessage(fmt.Sprintf(`[{"schedule":%s,"active":%s}]`, one, active)),
		"schedule")
	return err
}

// updateDeployment changes what is given.
func (a *API) updateDeployment(d *deployment, r *request) (answer, error) {
	fields := maps.Clone(deploymentFields)
	for _, name := range []string{"name", "flow_id", "labels"} {
		delete(fields, name)
	}
	changed := *d
	if err := r.body.read(schema{fields: fields}, &changed); err != nil {
		return answer{}, err
	}
	if err := a.takeSchedules(&changed, r.body); err != nil {
		return answer{}, err
	}
	if r.body.has("work_pool_name") || r.body.has("work_queue_name") {
		if changed.PoolName == nil {
			changed.PoolName = d.PoolName
		}
		queueID, err := a.queueFor(&changed)
		if err != nil {
			return answer{}, err
		}
		changed.WorkQueueID = queueID
	}
	*d = changed
	d.Updated = moment{a.now()}
	return done()
}
