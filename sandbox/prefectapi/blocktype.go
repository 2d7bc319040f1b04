package prefectapi

import (
	"cmp"
	"slices"
)

func (a *API) blockTypeRoutes() {
	a.handle("POST /block_types/", a.createBlockType)
	a.handle("POST /block_types/filter", a.filterBlockTypes)
	a.handle("GET /block_types/slug/{slug}", func(r *request) (answer, error) {
		if t := a.blockTypeBySlug(r.PathValue("slug")); t != nil {
			return ok(showBlockType(t))
		}
		return answer{}, notFound("Block type not found")
	})
	a.handle("GET /block_types/slug/{slug}/block_documents", a.documentsOfType)
	a.handle("GET /block_types/slug/{slug}/block_documents/name/{name}", a.readDocumentByName)
	a.handle("GET /block_types/{id}",
		a.withBlockType(func(t *blockType, _ *request) (answer, error) { return ok(showBlockType(t)) }))
	a.handle("PATCH /block_types/{id}", a.withBlockType(a.updateBlockType))
	a.handle("DELETE /block_types/{id}", a.withBlockType(a.deleteBlockType))
}

func (a *API) withBlockType(serve func(*blockType, *request) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		if t := a.blockTypeByID(id); t != nil {
			return serve(t, r)
		}
		return answer{}, notFound("Block type not found")
	}
}

func (a *API) updateBlockType(t *blockType, r *request) (answer, error) {
	s := schema{fields: map[string]kind{
		"logo_url": text, "documentation_url": text, "description": text, "code_example": text,
	}}
	if err := r.body.read(s, t); err != nil {
		return answer{}, err
	}
	t.Updated = moment{a.now()}
	return done()
}

func (a *API) filterBlockTypes(r *request) (answer, error) {
	var q struct {
		Types   filter `json:"block_types"`
		Schemas filter `json:"block_schemas"`
		page
	}
	if err := r.body.read(pageSchema("block_types", "block_schemas"), &q); err != nil {
		return answer{}, err
	}
	if len(q.Schemas) > 0 {
		return answer{}, notImplemented("filter of block types by block_schemas")
	}
	byName := slices.SortedFunc(slices.Values(a.blockTypes), func(x, y *blockType) int {
		return cmp.Compare(x.Name, y.Name)
	})
	matching, err := match(byName, q.Types, "block_types", map[string]test[*blockType]{
		"name": anyOf(func(t *blockType) string { return t.Name }),
		"slug": anyOf(func(t *blockType) string { return t.Slug }),
	})
	if err != nil {
		return answer{}, err
	}
	return show(matching, q.page, showBlockType)
}

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
		fields: map[string]kind{
			"name": text1, "slug": text1, "logo_url": text, "documentation_url": text, "description": text,
			"code_example": text,
		},
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

func (a *API) deleteBlockType(t *blockType, _ *request) (answer, error) {
	id := t.ID
	a.blockTypes = slices.DeleteFunc(a.blockTypes, func(t *blockType) bool { return t.ID == id })
	a.schemas = slices.DeleteFunc(a.schemas, func(s *blockSchema) bool { return s.TypeID == id })
	a.documents = slices.DeleteFunc(a.documents, func(d *blockDocument) bool { return d.TypeID == id })
	return done()
}
