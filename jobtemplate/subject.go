package jobtemplate

import "encoding/json"

// subject is what a job is for: the objects of the Prefect API, read as far as they
// matter here. Absent objects have empty fields.
type subject struct {
	flowRun, flow, deployment, pool map[string]any
	workerName, workerID            string
	version                         string
}

func readSubject(found *findings, in Inputs) subject {
	read := func(name string, raw json.RawMessage,
		decode func(json.RawMessage) (map[string]any, error)) map[string]any {
		object, err := decode(raw)
		if err != nil {
			found.add(name, "", "it is not a JSON object: %v", err)
		}
		return object
	}
	return subject{
		flowRun:    read("flow_run", in.FlowRun, decodeObject),
		flow:       read("flow", in.Flow, in.Decoded.object),
		deployment: read("deployment", in.Deployment, in.Decoded.object),
		pool:       read("work_pool", in.WorkPool, in.Decoded.object),
		workerName: in.WorkerName,
		workerID:   in.WorkerID,
		version:    in.PrefectVersion,
	}
}

// field is a string of an API object; null and other types are empty.
func field(object map[string]any, key string) string {
	text, _ := object[key].(string)
	return text
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// deploymentID and flowID are what the run says, else what the objects say: an
// offline preview may have no run.
func (s subject) deploymentID() string {
	return firstOf(field(s.flowRun, "deployment_id"), field(s.deployment, "id"))
}

func (s subject) flowID() string {
	return firstOf(field(s.flowRun, "flow_id"), field(s.flow, "id"), field(s.deployment, "flow_id"))
}

func (s subject) poolName() string {
	return firstOf(field(s.pool, "name"), field(s.flowRun, "work_pool_name"), field(s.deployment, "work_pool_name"))
}

// source is what a generated name ends in: the deployment, or the flow of a run that
// has none.
func (s subject) source() string {
	return firstOf(s.deploymentID(), s.flowID())
}

// suffixed appends the non-empty parts to a name, with underscores between.
func suffixed(name string, parts ...string) string {
	for _, part := range parts {
		if part != "" {
			name += "_" + part
		}
	}
	return name
}

// jobVariables are the variables of the deployment, the flow run and the caller,
// each over the one before.
func (s subject) jobVariables(found *findings, in Inputs) map[string]any {
	extra, err := decodeObject(in.JobVariables)
	if err != nil {
		found.add("job_variables", "", "they are not a JSON object: %v", err)
	}
	merged := variablesOf(found, "deployment", s.deployment)
	merged = layer(found, merged, variablesOf(found, "flow_run", s.flowRun), "flow_run.job_variables")
	merged = layer(found, merged, extra, "job_variables")
	if !checkSize(found, merged) {
		return map[string]any{}
	}
	return merged
}

func variablesOf(found *findings, name string, object map[string]any) map[string]any {
	r := reader{object, name + ".", found}
	if object["job_variables"] == nil {
		return map[string]any{}
	}
	return orEmpty(r.object("job_variables"))
}

func orEmpty(object map[string]any) map[string]any {
	if object == nil {
		return map[string]any{}
	}
	return object
}
