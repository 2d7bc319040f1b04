package deploy

import (
	"encoding/json"
	"io"
	"strings"
)

// variables are the job variables: values are JSON where they can be read as such, as Prefect takes them.
func (d *deployer) variables(image string) map[string]any {
	out := map[string]any{}
	if image != "" {
		out["image"] = image
	}
	for _, v := range d.opts.Variables {
		key, text, _ := strings.Cut(v, "=")
		out[key] = readValue(text)
	}
	return out
}

// readValue reads JSON, or else takes the text as it is. A whole number stays one: cpu is 512, and not 512.0.
func readValue(text string) any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return text
	}
	if _, err := decoder.Token(); err != io.EOF { // more than one value, such as 1 2
		return text
	}
	return plain(value)
}

// plain has Go's numbers in the place of JSON's, which YAML would write as text.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole
		}
		if broken, err := v.Float64(); err == nil {
			return broken
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	}
	return value
}
