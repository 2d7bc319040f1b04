package prefectapi

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

type blockSchema struct {
	ID           string          `json:"-"`
	Created      moment          `json:"-"`
	Fields       json.RawMessage `json:"fields"`
	TypeID       string          `json:"block_type_id"`
	Capabilities []string        `json:"capabilities"`
	Version      string          `json:"version"`
	checksum     string
}

func (a *API) blockSchemaRoutes() {
	a.handle("POST /block_schemas/", a.createSchema)
	a.handle("POST /block_schemas/filter", a.filterSchemas)
	a.handle("GET /block_schemas/{id}",
		a.withSchema(func(s *blockSchema) (answer, error) { return ok(a.showSchema(s)) }))
	a.handle("DELETE /block_schemas/{id}", a.withSchema(func(s *blockSchema) (answer, error) {
		a.schemas = slices.DeleteFunc(a.schemas, func(other *blockSchema) bool { return other == s })
		a.documents = slices.DeleteFunc(a.documents, func(d *blockDocument) bool { return d.SchemaID == s.ID })
		return done()
	}))
	a.handle("GET /block_schemas/checksum/{checksum}", func(r *request) (answer, error) {
		if s := a.schemaByChecksum(r.PathValue("checksum"), r.URL.Query().Get("version")); s != nil {
			return ok(a.showSchema(s))
		}
		return answer{}, notFound("Block schema not found")
	})
	a.handle("GET /block_capabilities/", func(*request) (answer, error) {
		var all []string
		for _, s := range a.schemas {
			all = append(all, s.Capabilities...)
		}
		return ok(orEmpty(union(all)))
	})
}

func (a *API) withSchema(serve func(*blockSchema) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		if s := a.schemaByID(id); s != nil {
			return serve(s)
		}
		return answer{}, notFound("Block schema not found")
	}
}

// schemaByChecksum is the last one made, of any version if none is given.
func (a *API) schemaByChecksum(checksum, version string) *blockSchema {
	for _, s := range slices.Backward(a.schemas) {
		if s.checksum == checksum && (version == "" || s.Version == version) {
			return s
		}
	}
	return nil
}

func (a *API) schemaByID(id string) *blockSchema {
	for _, s := range a.schemas {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func (a *API) createSchema(r *request) (answer, error) {
	made := &blockSchema{ID: newID(), Created: moment{a.now()}, Version: "non-versioned"}
	s := schema{fields: map[string]kind{"fields": dict, "block_type_id": uuid1, "capabilities": list, "version": text1},
		required: []string{"block_type_id"}}
	if err := r.body.read(s, made); err != nil {
		return answer{}, err
	}
	if a.blockTypeByID(made.TypeID) == nil {
		return answer{}, notFound("Block type %s not found.", made.TypeID)
	}
	made.checksum = checksumOf(made.Fields)
	if existing := a.schemaByChecksum(made.checksum, made.Version); existing != nil {
		return ok(a.showSchema(existing))
	}
	out := a.showSchema(made)
	out["fields"] = rawOr(made.Fields, "{}") // whole, this once
	if err := made.forgetDefinitions(); err != nil {
		return answer{}, err
	}
	a.schemas = append(a.schemas, made)
	return created(out)
}

// forgetDefinitions leaves those of blocks out that are no part of this one.
func (s *blockSchema) forgetDefinitions() error {
	var fields object
	_ = json.Unmarshal(rawOr(s.Fields, "{}"), &fields) // the schema has let objects through alone
	definitions, ok := fields["definitions"].(object)
	if !ok {
		return nil
	}
	kept := plainDefinitions(fields, definitions)
	for _, name := range references(fields) {
		definition, ok := definitions[name].(object)
		if slug, _ := definition["block_type_slug"].(string); ok && slug != "" &&
			mentions(fields["block_schema_references"], slug) {
			kept[name] = definition
			maps.Copy(kept, plainDefinitions(definition, definitions))
		}
	}
	fields["definitions"] = kept
	if len(kept) == 0 {
		delete(fields, "definitions")
	}
	raw, err := json.Marshal(fields)
	s.Fields = raw
	return err
}

// mentions reports whether a schema's references name a block type.
func mentions(references any, slug string) bool {
	switch value := references.(type) {
	case object:
		return value["block_type_slug"] == slug || slices.ContainsFunc(slices.Collect(maps.Values(value)),
			func(inner any) bool { return mentions(inner, slug) })
	case []any:
		return slices.ContainsFunc(value, func(inner any) bool { return mentions(inner, slug) })
	}
	return false
}

func (a *API) filterSchemas(r *request) (answer, error) {
	var q struct {
		Schemas filter `json:"block_schemas"`
		page
	}
	if err := r.body.read(pageSchema("block_schemas"), &q); err != nil {
		return answer{}, err
	}
	matching, err := match(a.schemas, q.Schemas, "block_schemas", map[string]test[*blockSchema]{
		"id":            anyOf(func(s *blockSchema) string { return s.ID }),
		"block_type_id": anyOf(func(s *blockSchema) string { return s.TypeID }),
		"version":       anyOf(func(s *blockSchema) string { return s.Version }),
		"block_capabilities": func(raw json.RawMessage) (func(*blockSchema) bool, error) {
			var c struct {
				All []string `json:"all_"`
			}
			if json.Unmarshal(raw, &c) != nil {
				return nil, invalid("list_type", "Input should be a valid list", raw, "body")
			}
			return func(s *blockSchema) bool {
				return !slices.ContainsFunc(c.All, func(want string) bool { return !slices.Contains(s.Capabilities, want) })
			}, nil
		},
	})
	if err != nil {
		return answer{}, err
	}
	return show(matching, q.page, a.showSchema)
}

func (a *API) showSchema(s *blockSchema) object {
	out := object{
		"id": s.ID, "created": s.Created, "updated": s.Created, "checksum": s.checksum, "fields": rawOr(s.Fields, "{}"),
		"block_type_id": s.TypeID, "block_type": nil, "capabilities": orEmpty(s.Capabilities), "version": s.Version,
	}
	if t := a.blockTypeByID(s.TypeID); t != nil {
		out["block_type"] = showBlockType(t)
	}
	return out
}

// secretFields are the top-level secret fields of a schema.
func (a *API) secretFields(schemaID string) map[string]bool {
	out := map[string]bool{}
	var fields struct {
		Secret []string `json:"secret_fields"`
	}
	if s := a.schemaByID(schemaID); s != nil && isObject(s.Fields, &fields) {
		for _, name := range fields.Secret {
			out[strings.TrimSuffix(name, ".*")] = true
		}
	}
	return out
}
