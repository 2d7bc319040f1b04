package prefectapi

import (
	"encoding/json"
	"regexp"
	"slices"
)

func (a *API) blockRoutes() {
	a.blockTypeRoutes()
	a.handle("POST /block_documents/filter", a.filterDocuments)
	a.handle("POST /block_documents/count", a.countDocuments)
	a.handle("POST /block_documents/", a.createDocument)
	a.handle("GET /block_documents/{id}", a.withDocument(func(d *blockDocument, r *request) (answer, error) {
		return ok(a.showDocument(d, wantsSecrets(r)))
	}))
	a.handle("PATCH /block_documents/{id}", a.withDocument(a.updateDocument))
	a.handle("DELETE /block_documents/{id}", a.withDocument(func(d *blockDocument, _ *request) (answer, error) {
		a.documents = slices.DeleteFunc(a.documents, func(other *blockDocument) bool { return other == d })
		return done()
	}))
}

func wantsSecrets(r *request) bool { return r.URL.Query().Get("include_secrets") == "true" }

func (a *API) createDocument(r *request) (answer, error) {
	d := &blockDocument{ID: newID(), Created: moment{a.now()}}
	d.Updated = d.Created
	s := schema{
		fields: map[string]kind{
			"name": text, "data": dict, "block_schema_id": uuid1, "block_type_id": uuid1, "is_anonymous": flag,
		},
		required: []string{"block_schema_id", "block_type_id"},
	}
	if err := r.body.read(s, d); err != nil {
		return answer{}, err
	}
	if d.Name != nil && !blockName.MatchString(*d.Name) {
		return answer{}, a.invalidBlockName(*d.Name)
	}
	if d.Name != nil && a.documentByName(d.TypeID, *d.Name) != nil {
		return answer{}, conflict("Block already exists")
	}
	if d.Name == nil && d.Anonymous {
		name := "anonymous-" + d.ID
		d.Name = &name
	}
	a.documents = append(a.documents, d)
	return created(a.showDocument(d, false))
}

var blockName = regexp.MustCompile(`^[a-z0-9-]+$`)

// invalidBlockName: Prefect 2 goes on to find that there is no name.
func (a *API) invalidBlockName(name string) error {
	r := invalid("value_error", "Value error, name must only contain lowercase letters, numbers, and dashes", name,
		"body", "name")
	if a.isPrefect2() {
		found := r.body["exception_detail"].([]object)
		r.body["exception_detail"] = append(found, object{
			"type": "value_error", "loc": []any{"body", "__root__"},
			"msg": "Names must be provided for block documents.", "input": nil,
		})
	}
	return r
}

func (a *API) documentByName(typeID, name string) *blockDocument {
	for _, d := range a.documents {
		if d.TypeID == typeID && value(d.Name) == name {
			return d
		}
	}
	return nil
}

func (a *API) readDocumentByName(r *request) (answer, error) {
	if t := a.blockTypeBySlug(r.PathValue("slug")); t != nil {
		if d := a.documentByName(t.ID, r.PathValue("name")); d != nil {
			return ok(a.showDocument(d, wantsSecrets(r)))
		}
	}
	return answer{}, notFound("Block document not found")
}

func (a *API) withDocument(serve func(*blockDocument, *request) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		if d := a.documentByID(id); d != nil {
			return serve(d, r)
		}
		return answer{}, notFound("Block document not found")
	}
}

func (a *API) updateDocument(d *blockDocument, r *request) (answer, error) {
	var update struct {
		SchemaID string                     `json:"block_schema_id"`
		Data     map[string]json.RawMessage `json:"data"`
		Merge    *bool                      `json:"merge_existing_data"`
	}
	if err := r.body.read(schema{fields: map[string]kind{
		"block_schema_id": uuid, "data": dict, "merge_existing_data": flag,
	}}, &update); err != nil {
		return answer{}, err
	}
	if update.Merge != nil && !*update.Merge || d.Data == nil {
		d.Data = map[string]json.RawMessage{}
	}
	for name, raw := range update.Data {
		d.Data[name] = raw
	}
	if update.SchemaID != "" {
		d.SchemaID = update.SchemaID
	}
	d.Updated = moment{a.now()}
	return done()
}
