package prefectapi

import (
	"cmp"
	"slices"
)

// matchingDocuments leaves anonymous ones out, unless it is told what to do with them.
func (a *API) matchingDocuments(r *request) ([]*blockDocument, page, bool, error) {
	var q struct {
		Documents filter `json:"block_documents"`
		Types     filter `json:"block_types"`
		Schemas   filter `json:"block_schemas"`
		Secrets   bool   `json:"include_secrets"`
		page
	}
	s := pageSchema("block_documents", "block_types", "block_schemas")
	s.fields["include_secrets"] = flag
	if err := r.body.read(s, &q); err != nil {
		return nil, page{}, false, err
	}
	if q.Documents == nil {
		q.Documents = filter{}
	}
	q.Documents["is_anonymous"] = rawOr(q.Documents["is_anonymous"], `{"eq_":false}`)
	matching, err := match(a.documentsByName(), q.Documents, "block_documents", map[string]test[*blockDocument]{
		"id":            anyOf(func(d *blockDocument) string { return d.ID }),
		"name":          anyOf(func(d *blockDocument) string { return value(d.Name) }),
		"block_type_id": anyOf(func(d *blockDocument) string { return d.TypeID }),
		"is_anonymous":  isTrue(func(d *blockDocument) bool { return d.Anonymous }),
	})
	if err != nil {
		return nil, page{}, false, err
	}
	matching, err = match(matching, q.Types, "block_types", map[string]test[*blockDocument]{
		"name": anyOf(func(d *blockDocument) string { return a.typeNameOf(d) }),
		"slug": anyOf(func(d *blockDocument) string {
			if t := a.blockTypeByID(d.TypeID); t != nil {
				return t.Slug
			}
			return ""
		}),
	})
	if err == nil && len(q.Schemas) > 0 {
		err = notImplemented("filter of block documents by block_schemas")
	}
	return matching, q.page, q.Secrets, err
}

func (a *API) typeNameOf(d *blockDocument) string {
	if t := a.blockTypeByID(d.TypeID); t != nil {
		return t.Name
	}
	return ""
}

func (a *API) documentsByName() []*blockDocument {
	return slices.SortedStableFunc(slices.Values(a.documents), func(x, y *blockDocument) int {
		return cmp.Compare(value(x.Name), value(y.Name))
	})
}

func (a *API) filterDocuments(r *request) (answer, error) {
	matching, p, secrets, err := a.matchingDocuments(r)
	if err != nil {
		return answer{}, err
	}
	err = sortBy(matching, p.Sort, map[string]func(x, y *blockDocument) int{
		"NAME_ASC":  func(x, y *blockDocument) int { return cmp.Compare(value(x.Name), value(y.Name)) },
		"NAME_DESC": func(x, y *blockDocument) int { return cmp.Compare(value(y.Name), value(x.Name)) },
		"BLOCK_TYPE_AND_NAME_ASC": func(x, y *blockDocument) int {
			return cmp.Or(cmp.Compare(a.typeNameOf(x), a.typeNameOf(y)), cmp.Compare(value(x.Name), value(y.Name)))
		},
	})
	if err != nil {
		return answer{}, err
	}
	return show(matching, p, func(d *blockDocument) object { return a.showDocument(d, secrets) })
}

func (a *API) countDocuments(r *request) (answer, error) {
	matching, _, _, err := a.matchingDocuments(r)
	if err != nil {
		return answer{}, err
	}
	return ok(len(matching))
}

func (a *API) documentsOfType(r *request) (answer, error) {
	t := a.blockTypeBySlug(r.PathValue("slug"))
	if t == nil {
		return answer{}, notFound("Block type not found")
	}
	mine := slices.DeleteFunc(a.documentsByName(), func(d *blockDocument) bool {
		return d.TypeID != t.ID || d.Anonymous
	})
	return show(mine, page{}, func(d *blockDocument) object { return a.showDocument(d, wantsSecrets(r)) })
}
