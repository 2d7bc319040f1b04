package prefectapi

import (
	"encoding/json"
	"slices"
)

func (a *API) blockRoutes() {
	a.handle("POST /block_types/", a.createBlockType)
	a.handle("GET /block_types/slug/{slug}", func(r *request) (answer, error) {
		if t := a.blockTypeBySlug(r.PathValue("slug")); t != nil {
			return ok(showBlockType(t))
		}
		return answer{}, notFound("Block type not found")
	})
	a.handle("GET /block_types/slug/{slug}/block_documents/name/{name}", a.readDocumentByName)
	a.handle("DELETE /block_types/{id}", a.deleteBlockType)
	a.handle("POST /block_schemas/", a.createSchema)
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

func (a *API) blockTypeBySlug(slug string) *blockType {
	for _, t := range a.blockTypes {
		if t.Slug == slug {
			return t
		}
	}
	return nil
}

func (a *API) createBlockType(r *request) (answer, error) {
	t := &blockType{ID: newID(), Created: moment{a.now()}}
	t.Updated = t.Created
	s := schema{
		fields:   map[string]kind{"name": text1, "slug": text1, "logo_url": text, "documentation_url": text, "description": text, "code_example": text},
		required: []string{"name", "slug"},
	}
	if err := r.body.read(s, t); err != nil {
		return answer{}, err
	}
	if a.blockTypeBySlug(t.Slug) != nil {
		return answer{}, conflict(`Block type with name "%s" already exists`, t.Name)
	}
	a.blockTypes = append(a.blockTypes, t)
	return created(showBlockType(t))
}

func (a *API) deleteBlockType(r *request) (answer, error) {
	id, err := a.pathID(r)
	if err != nil {
		return answer{}, err
	}
	if a.blockTypeByID(id) == nil {
		return answer{}, notFound("Block type not found")
	}
	a.blockTypes = slices.DeleteFunc(a.blockTypes, func(t *blockType) bool { return t.ID == id })
	a.schemas = slices.DeleteFunc(a.schemas, func(s *blockSchema) bool { return s.TypeID == id })
	a.documents = slices.DeleteFunc(a.documents, func(d *blockDocument) bool { return d.TypeID == id })
	return done()
}

func (a *API) createSchema(r *request) (answer, error) {
	made := &blockSchema{ID: newID(), Created: moment{a.now()}, Version: "non-versioned"}
	s := schema{fields: map[string]kind{"fields": dict, "block_type_id": uuid1, "capabilities": list, "version": text1}, required: []string{"block_type_id"}}
	if err := r.body.read(s, made); err != nil {
		return answer{}, err
	}
	for _, existing := range a.schemas {
		if existing.checksum() == made.checksum() && existing.TypeID == made.TypeID {
			return ok(a.showSchema(existing))
		}
	}
	a.schemas = append(a.schemas, made)
	return created(a.showSchema(made))
}

func (a *API) createDocument(r *request) (answer, error) {
	d := &blockDocument{ID: newID(), Created: moment{a.now()}}
	d.Updated = d.Created
	s := schema{
		fields:   map[string]kind{"name": text, "data": dict, "block_schema_id": uuid1, "block_type_id": uuid1, "is_anonymous": flag},
		required: []string{"block_schema_id", "block_type_id"},
	}
	if err := r.body.read(s, d); err != nil {
		return answer{}, err
	}
	if d.Name != nil && a.documentByName(d.TypeID, *d.Name) != nil {
		return answer{}, conflict("Block already exists")
	}
	a.documents = append(a.documents, d)
	return created(a.showDocument(d, false))
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
	if err := r.body.read(schema{fields: map[string]kind{"block_schema_id": uuid, "data": dict, "merge_existing_data": flag}}, &update); err != nil {
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
