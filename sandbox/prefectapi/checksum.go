package prefectapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// checksumOf is the one that Prefect works out of a block schema's fields, in the client
// as well as in the server: over the JSON of ((fields,), {}) as Python writes it, without
// secret_fields and without the definitions of other blocks.
func checksumOf(fields json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(rawOr(fields, "{}")))
	decoder.UseNumber()
	var decoded object
	_ = decoder.Decode(&decoded) // the schema has let objects through alone
	kept := withoutKey(decoded, "secret_fields").(object)
	if definitions, ok := kept["definitions"].(object); ok {
		kept["definitions"] = plainDefinitions(kept, definitions)
		if len(kept["definitions"].(object)) == 0 {
			delete(kept, "definitions")
		}
	}
	var out strings.Builder
	writePython(&out, []any{[]any{kept}, object{}})
	sum := sha256.Sum256([]byte(out.String()))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// withoutKey leaves a key out of objects within objects; lists stay as they are.
func withoutKey(value any, key string) any {
	fields, ok := value.(object)
	if !ok {
		return value
	}
	out := object{}
	for name, inner := range fields {
		if name != key {
			out[name] = withoutKey(inner, key)
		}
	}
	return out
}

// plainDefinitions are the definitions that a value refers to, directly or through such a
// definition, and that are no blocks.
func plainDefinitions(value any, definitions object) object {
	out := object{}
	for _, name := range references(value) {
		definition, ok := definitions[name].(object)
		if !ok || out[name] != nil || definition["block_type_slug"] != nil {
			continue
		}
		out[name] = definition
		maps.Copy(out, plainDefinitions(definition, definitions))
	}
	return out
}

// references are the names in each {"$ref": "#/definitions/NAME"} of a value.
func references(value any) []string {
	var out []string
	switch value := value.(type) {
	case object:
		if ref, ok := value["$ref"].(string); ok {
			out = append(out, strings.TrimPrefix(ref, "#/definitions/"))
		}
		for _, inner := range value {
			out = append(out, references(inner)...)
		}
	case []any:
		for _, inner := range value {
			out = append(out, references(inner)...)
		}
	}
	return out
}

// writePython writes a value as Python's json.dumps does with sorted keys.
func writePython(out *strings.Builder, value any) {
	switch value := value.(type) {
	case object:
		out.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(value)) {
			separate(out, i)
			writePythonText(out, name)
			out.WriteString(": ")
			writePython(out, value[name])
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, inner := range value {
			separate(out, i)
			writePython(out, inner)
		}
		out.WriteByte(']')
	case string:
		writePythonText(out, value)
	case json.Number:
		out.WriteString(pythonNumber(value))
	case bool:
		out.WriteString(strconv.FormatBool(value))
	default:
		out.WriteString("null")
	}
}

func separate(out *strings.Builder, i int) {
	if i > 0 {
		out.WriteString(", ")
	}
}

// writePythonText escapes all that is not ASCII, as UTF-16.
func writePythonText(out *strings.Builder, text string) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case short[r] != "":
			out.WriteString(short[r])
		case r >= ' ' && r <= '~' || r == 0x7f:
			out.WriteRune(r)
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				out.WriteString(`\u` + hex.EncodeToString([]byte{byte(unit >> 8), byte(unit)}))
			}
		}
	}
	out.WriteByte('"')
}

// pythonNumber keeps whole numbers as they are and writes others as Python's repr.
func pythonNumber(n json.Number) string {
	if !strings.ContainsAny(n.String(), ".eE") {
		return n.String()
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
