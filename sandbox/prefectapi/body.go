package prefectapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"

	"ecsctl/internal/bounded"
)

const maxBody = 10 << 20

// body is a request's JSON: an object, unless the route takes a list.
type body struct {
	raw    json.RawMessage
	at     []any // where it is within the whole body
	fields map[string]json.RawMessage
}

func readBody(r *http.Request) (body, error) {
	raw, err := bounded.Read(r.Body, maxBody)
	var tooLarge *bounded.TooLargeError
	if errors.As(err, &tooLarge) {
		return body{}, &refusal{http.StatusRequestEntityTooLarge,
			object{"detail": "the body is too large: " + err.Error()}}
	}
	if err != nil {
		return body{}, err
	}
	raw = bytes.TrimSpace(raw)
	b := body{raw: raw}
	if len(raw) == 0 {
		return b, nil
	}
	if !json.Valid(raw) {
		return body{}, invalid("json_invalid", "JSON decode error", object{}, "body")
	}
	if raw[0] == '{' {
		err = json.Unmarshal(raw, &b.fields)
	}
	return b, err
}

// kind is what a field's value must be. All but kinds with "!" may be null.
type kind string

const (
	text     kind = "string"
	text1    kind = "string!"
	whole    kind = "integer" // not negative
	number   kind = "number"  // not negative
	flag     kind = "boolean"
	dict     kind = "object"
	list     kind = "array"
	instant  kind = "datetime"
	uuid     kind = "uuid"
	uuid1    kind = "uuid!"
	anything kind = "any"
)

// schema are the fields of a body. A body with others is refused, unless open.
type schema struct {
	fields   map[string]kind
	required []string
	open     bool
}

// read checks the body against the schema and decodes it into out.
func (b body) read(s schema, out any) error {
	if b.fields == nil && len(b.raw) > 0 && !bytes.Equal(b.raw, []byte("null")) {
		return invalid("model_attributes_type", "Input should be a valid dictionary or object to extract fields from",
			b.raw, b.place()...)
	}
	if b.fields == nil && len(s.required) > 0 {
		return invalid("missing", "Field required", nil, b.place()...)
	}
	for _, name := range s.required {
		if _, found := b.fields[name]; !found {
			return invalid("missing", "Field required", b.fields, b.place(name)...)
		}
	}
	for name, value := range b.fields {
		want, known := s.fields[name]
		if !known && !s.open {
			return invalid("extra_forbidden", "Extra inputs are not permitted", value, b.place(name)...)
		}
		if known && !want.fits(value) {
			return invalid(string(want)+"_type", "Input should be a valid "+string(want), value, b.place(name)...)
		}
	}
	if b.fields == nil {
		return nil
	}
	raw, err := b.known(s)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, out)
}

// known is the body without what an open schema lets through: encoding/json would take a field in other letters,
// which nothing has checked, for one of the schema's.
func (b body) known(s schema) ([]byte, error) {
	known := maps.Clone(b.fields)
	maps.DeleteFunc(known, func(name string, _ json.RawMessage) bool { return s.fields[name] == "" })
	if len(known) == len(b.fields) {
		return b.raw, nil
	}
	return json.Marshal(known)
}

// place is a location as validation errors write it.
func (b body) place(name ...any) []any { return slices.Concat([]any{"body"}, b.at, name) }

// has reports whether a field was given, null or not.
func (b body) has(name string) bool {
	_, found := b.fields[name]
	return found
}

func (k kind) fits(raw json.RawMessage) bool {
	if bytes.Equal(raw, []byte("null")) {
		return !slices.Contains([]kind{text1, uuid1}, k)
	}
	switch k {
	case text, text1:
		return raw[0] == '"'
	case whole:
		var n count
		return json.Unmarshal(raw, &n) == nil && n >= 0
	case number:
		var n float64
		return json.Unmarshal(raw, &n) == nil && n >= 0
	case flag:
		var b bool
		return json.Unmarshal(raw, &b) == nil
	case dict:
		return raw[0] == '{'
	case list:
		return raw[0] == '['
	case instant:
		var t moment
		return json.Unmarshal(raw, &t) == nil
	case uuid, uuid1:
		var s string
		return json.Unmarshal(raw, &s) == nil && isUUID(s)
	}
	return true
}
