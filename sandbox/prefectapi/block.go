package prefectapi

import (
	"encoding/json"
)

type blockType struct {
	ID            string  `json:"-"`
	Created       moment  `json:"-"`
	Updated       moment  `json:"-"`
	Name          string  `json:"name"`
	Slug          string  `json:"slug"`
	LogoURL       *string `json:"logo_url"`
	Documentation *string `json:"documentation_url"`
	Description   *string `json:"description"`
	CodeExample   *string `json:"code_example"`
}

type blockDocument struct {
	ID        string                     `json:"-"`
	Created   moment                     `json:"-"`
	Updated   moment                     `json:"-"`
	Name      *string                    `json:"name"`
	Data      map[string]json.RawMessage `json:"data"`
	SchemaID  string                     `json:"block_schema_id"`
	TypeID    string                     `json:"block_type_id"`
	Anonymous bool                       `json:"is_anonymous"`
}

func showBlockType(t *blockType) object {
	return object{
		"id": t.ID, "created": t.Created, "updated": t.Updated, "name": t.Name, "slug": t.Slug, "logo_url": t.LogoURL,
		"documentation_url": t.Documentation, "description": t.Description, "code_example": t.CodeExample,
		"is_protected": false,
	}
}

func (a *API) showDocument(d *blockDocument, secrets bool) object {
	data, references := a.resolve(d, secrets)
	out := object{
		"id": d.ID, "created": d.Created, "updated": d.Updated, "name": d.Name, "data": data,
		"block_schema_id": d.SchemaID,
		"block_schema":    nil, "block_type_id": d.TypeID, "block_type_name": nil, "block_type": nil,
		"block_document_references": references, "is_anonymous": d.Anonymous,
	}
	if s := a.schemaByID(d.SchemaID); s != nil {
		out["block_schema"] = a.showSchema(s)
	}
	if t := a.blockTypeByID(d.TypeID); t != nil {
		out["block_type"], out["block_type_name"] = showBlockType(t), t.Name
	}
	return out
}

// stars are shown in the place of a secret field.
const stars = `"********"`

// resolve fills the blocks in that a block's fields refer to, and hides secrets.
func (a *API) resolve(d *blockDocument, secrets bool) (data, references object) {
	data, references = object{}, object{}
	hidden := a.secretFields(d.SchemaID)
	for name, raw := range d.Data {
		if inner := a.referred(raw); inner != nil {
			innerData, innerReferences := a.resolve(inner, secrets)
			data[name] = innerData
			references[name] = object{"block_document": object{
				"id": inner.ID, "name": inner.Name, "block_type": a.showDocument(inner, secrets)["block_type"],
				"is_anonymous": inner.Anonymous, "block_document_references": innerReferences,
			}}
			continue
		}
		if hidden[name] && !secrets {
			raw = json.RawMessage(stars)
		}
		data[name] = raw
	}
	return data, references
}

// referred is the document that {"$ref": {"block_document_id": ID}} names.
func (a *API) referred(raw json.RawMessage) *blockDocument {
	var reference struct {
		Ref struct {
			ID string `json:"block_document_id"`
		} `json:"$ref"`
	}
	if !isObject(raw, &reference) || reference.Ref.ID == "" {
		return nil
	}
	return a.documentByID(reference.Ref.ID)
}

func (a *API) blockTypeByID(id string) *blockType {
	for _, t := range a.blockTypes {
		if t.ID == id {
			return t
		}
	}
	return nil
}

func (a *API) documentByID(id string) *blockDocument {
	for _, d := range a.documents {
		if d.ID == id {
			return d
		}
	}
	return nil
}
