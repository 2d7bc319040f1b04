package prefectapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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

type blockSchema struct {
	ID           string          `json:"-"`
	Created      moment          `json:"-"`
	Fields       json.RawMessage `json:"fields"`
	TypeID       string          `json:"block_type_id"`
	Capabilities []string        `json:"capabilities"`
	Version      string          `json:"version"`
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
		"documentation_url": t.Documentation, "description": t.Description, "code_example": t.CodeExample, "is_protected": false,
	}
}

func (a *API) showSchema(s *blockSchema) object {
	out := object{
		"id": s.ID, "created": s.Created, "updated": s.Created, "checksum": s.checksum(), "fields": rawOr(s.Fields, "{}"),
		"block_type_id": s.TypeID, "block_type": nil, "capabilities": orEmpty(s.Capabilities), "version": s.Version,
	}
	if t := a.blockTypeByID(s.TypeID); t != nil {
		out["block_type"] = showBlockType(t)
	}
	return out
}

// checksum tells schemas apart; it is not the one that a server works out.
func (s *blockSchema) checksum() string {
	var canonical bytes.Buffer
	_ = json.Compact(&canonical, rawOr(s.Fields, "{}")) // it was valid when it came
	sum := sha256.Sum256(canonical.Bytes())
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (a *API) showDocument(d *blockDocument, secrets bool) object {
	data, references := a.resolve(d, secrets)
	out := object{
		"id": d.ID, "created": d.Created, "updated": d.Updated, "name": d.Name, "data": data, "block_schema_id": d.SchemaID,
		"block_schema": nil, "block_type_id": d.TypeID, "block_type_name": nil, "block_type": nil,
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

// secretFields are the top-level secret fields of a schema.
func (a *API) secretFields(schemaID string) map[string]bool {
	out := map[string]bool{}
	var fields struct {
		Secret []string `json:"secret_fields"`
	}
	if s := a.schemaByID(schemaID); s != nil && isObject(s.Fields, &fields) {
		for _, name := range fields.Secret {
			out[name] = true
		}
	}
	return out
}

func (a *API) blockTypeByID(id string) *blockType {
	for _, t := range a.blockTypes {
		if t.ID == id {
			return t
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

func (a *API) documentByID(id string) *blockDocument {
	for _, d := range a.documents {
		if d.ID == id {
			return d
		}
	}
	return nil
}
