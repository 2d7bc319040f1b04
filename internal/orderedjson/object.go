// Package orderedjson edits JSON objects without touching what it does not know:
// the order of keys, unknown keys and the spelling of numbers stay. A work pool's
// base job template is its users' document, and its order is what the UI shows.
package orderedjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Object is a JSON object with its keys in order.
type Object []Member

// Member is one key of an Object.
type Member struct {
	Key   string
	Value json.RawMessage
}

// UnmarshalJSON reads an object; any other JSON value is an error.
func (o *Object) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	start, err := decoder.Token()
	if err != nil {
		return err
	}
	if start != json.Delim('{') {
		return errors.New("it is not a JSON object")
	}
	*o = Object{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		o.Set(key.(string), value) // an object's keys are strings
	}
	return nil
}

// MarshalJSON writes the keys in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, member := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		key, err := json.Marshal(member.Key)
		if err != nil {
			return nil, err
		}
		out.Write(key)
		out.WriteByte(':')
		out.Write(member.Value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func (o Object) index(key string) int {
	return slices.IndexFunc(o, func(m Member) bool { return m.Key == key })
}

// Get returns a key's value, or nil when there is no such key.
func (o Object) Get(key string) json.RawMessage {
	if i := o.index(key); i >= 0 {
		return o[i].Value
	}
	return nil
}

// Set replaces a key's value in its place, or adds the key at the end.
func (o *Object) Set(key string, value json.RawMessage) {
	if i := o.index(key); i >= 0 {
		(*o)[i].Value = value
		return
	}
	*o = append(*o, Member{key, value})
}

// Delete takes a key out.
func (o *Object) Delete(key string) {
	*o = slices.DeleteFunc(*o, func(m Member) bool { return m.Key == key })
}

// Object returns a key's value as an object; a missing key is an empty object.
func (o Object) Object(key string) (Object, error) {
	raw := o.Get(key)
	if raw == nil {
		return Object{}, nil
	}
	var child Object
	if err := json.Unmarshal(raw, &child); err != nil {
		return nil, fmt.Errorf("%q: %w", key, err)
	}
	return child, nil
}

// SetValue is Set for any value that has a JSON form.
func (o *Object) SetValue(key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("failed to encode %q: %w", key, err)
	}
	o.Set(key, raw)
	return nil
}
