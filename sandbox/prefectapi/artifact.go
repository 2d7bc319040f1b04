package prefectapi

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
)

type artifact struct {
	ID          string          `json:"-"`
	Created     moment          `json:"-"`
	Updated     moment          `json:"-"`
	Key         *string         `json:"key"`
	Type        *string         `json:"type"`
	Description *string         `json:"description"`
	Data        json.RawMessage `json:"data"`
	Metadata    json.RawMessage `json:"metadata_"`
	FlowRunID   *string         `json:"flow_run_id"`
	TaskRunID   *string         `json:"task_run_id"`
}

var artifactKey = regexp.MustCompile(`^[a-z0-9-]*$`)

func (a *API) artifactRoutes() {
	a.handle("POST /artifacts/", a.createArtifact)
	a.handle("GET /artifacts/{id}",
		a.withArtifact(func(f *artifact, _ *request) (answer, error) { return ok(showArtifact(f)) }))
	a.handle("GET /artifacts/{key}/latest", func(r *request) (answer, error) {
		if f := a.latestArtifact(r.PathValue("key")); f != nil {
			out := a.showLatest(f)
			delete(out, "latest_id")
			return ok(out)
		}
		return answer{}, notFound("Artifact not found.")
	})
	a.handle("PATCH /artifacts/{id}", a.withArtifact(a.updateArtifact))
	a.handle("DELETE /artifacts/{id}", a.withArtifact(func(f *artifact, _ *request) (answer, error) {
		a.artifacts = slices.DeleteFunc(a.artifacts, func(other *artifact) bool { return other == f })
		return done()
	}))
	a.handle("POST /artifacts/filter", a.filterArtifacts(false, showArtifact))
	a.handle("POST /artifacts/latest/filter", a.filterArtifacts(true, a.showLatest))
	a.handle("POST /artifacts/count", a.countArtifacts(false))
	a.handle("POST /artifacts/latest/count", a.countArtifacts(true))
}

func (a *API) withArtifact(serve func(*artifact, *request) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		for _, f := range a.artifacts {
			if f.ID == id {
				return serve(f, r)
			}
		}
		return answer{}, notFound("Artifact not found.")
	}
}

// latestArtifact is the last one of a key.
func (a *API) latestArtifact(key string) *artifact {
	for _, f := range slices.Backward(a.artifacts) {
		if f.Key != nil && *f.Key == key {
			return f
		}
	}
	return nil
}

func (a *API) createArtifact(r *request) (answer, error) {
	f := &artifact{ID: newID(), Created: moment{a.now()}}
	f.Updated = f.Created
	s := schema{fields: map[string]kind{
		"key": text, "type": text, "description": text, "data": anything, "metadata_": dict, "flow_run_id": uuid,
		"task_run_id": uuid,
	}}
	if err := r.body.read(s, f); err != nil {
		return answer{}, err
	}
	if !artifactKey.MatchString(value(f.Key)) {
		return answer{}, invalid("value_error",
			"Value error, artifact key must only contain lowercase letters, numbers, and dashes", f.Key, "body", "key")
	}
	a.artifacts = append(a.artifacts, f)
	if f.Key != nil && a.artifactKeys[*f.Key] == "" {
		a.artifactKeys[*f.Key] = newID()
	}
	return created(showArtifact(f))
}

// updateArtifact: Prefect 2 does not find what is not the latest of its key, after it has
// changed it.
func (a *API) updateArtifact(f *artifact, r *request) (answer, error) {
	s := schema{fields: map[string]kind{"data": anything, "description": text, "metadata_": dict}}
	if err := r.body.read(s, f); err != nil {
		return answer{}, err
	}
	f.Updated = moment{a.now()}
	if a.isPrefect2() && f.Key != nil && a.latestArtifact(*f.Key) != f {
		return answer{}, notFound("Artifact not found.")
	}
	return done()
}

func (a *API) matchingArtifacts(r *request, latest bool) ([]*artifact, page, error) {
	var q struct {
		Artifacts filter `json:"artifacts"`
		Runs      filter `json:"flow_runs"`
		Tasks     filter `json:"task_runs"`
		page
	}
	if err := r.body.read(pageSchema("artifacts", "flow_runs", "task_runs"), &q); err != nil {
		return nil, page{}, err
	}
	if len(q.Runs)+len(q.Tasks) > 0 {
		return nil, page{}, notImplemented("filter of artifacts by flow_runs or task_runs")
	}
	matching, err := match(a.artifacts, q.Artifacts, "artifacts", map[string]test[*artifact]{
		"id":          anyOf(func(f *artifact) string { return f.ID }),
		"key":         anyOf(func(f *artifact) string { return value(f.Key) }),
		"type":        anyOf(func(f *artifact) string { return value(f.Type) }),
		"flow_run_id": anyOf(func(f *artifact) string { return value(f.FlowRunID) }),
		"task_run_id": anyOf(func(f *artifact) string { return value(f.TaskRunID) }),
	})
	if latest {
		matching = slices.DeleteFunc(matching, func(f *artifact) bool {
			return f.Key == nil || a.latestArtifact(*f.Key) != f
		})
	}
	return matching, q.page, err
}

func (a *API) filterArtifacts(latest bool, write func(*artifact) object) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		matching, p, err := a.matchingArtifacts(r, latest)
		if err != nil {
			return answer{}, err
		}
		err = sortBy(matching, p.Sort, map[string]func(x, y *artifact) int{
			"CREATED_DESC": func(x, y *artifact) int { return y.Created.Compare(x.Created.Time) },
			"UPDATED_DESC": func(x, y *artifact) int { return y.Updated.Compare(x.Updated.Time) },
			"ID_DESC":      func(x, y *artifact) int { return cmp.Compare(y.ID, x.ID) },
			"KEY_ASC":      func(x, y *artifact) int { return cmp.Compare(value(x.Key), value(y.Key)) },
			"KEY_DESC":     func(x, y *artifact) int { return cmp.Compare(value(y.Key), value(x.Key)) },
		})
		if err != nil {
			return answer{}, err
		}
		return show(matching, p, write)
	}
}

func (a *API) countArtifacts(latest bool) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		matching, _, err := a.matchingArtifacts(r, latest)
		if err != nil {
			return answer{}, err
		}
		return ok(len(matching))
	}
}

func showArtifact(f *artifact) object {
	return object{
		"id": f.ID, "created": f.Created, "updated": f.Updated, "key": f.Key, "type": f.Type,
		"description": f.Description,
		"data":        rawOr(f.Data, "null"), "metadata_": rawOr(f.Metadata, "null"), "flow_run_id": f.FlowRunID,
		"task_run_id": f.TaskRunID,
	}
}

// showLatest shows the entry of a key, which has an id of its own.
func (a *API) showLatest(f *artifact) object {
	out := showArtifact(f)
	out["id"], out["latest_id"] = a.artifactKeys[*f.Key], f.ID
	return out
}
