package authz

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"ecsctl/sandbox/internal/s3"
	"ecsctl/sandbox/internal/wire"
)

// call is a Call with its parameters, of which those that are not well formed are taken
// for missing: the service itself refuses them, if its caller may call it at all.
type call struct {
	*Account
	Call
	body map[string]any // of a JSON protocol
	form url.Values     // of a query protocol
}

func (a *Account) read(in Call) (*call, *wire.Error) {
	c := &call{Account: a, Call: in, form: in.Request.Form}
	if c.form != nil || in.Service == s3.Name || len(in.Request.Body) == 0 {
		return c, nil
	}
	if err := json.Unmarshal(in.Request.Body, &c.body); err != nil {
		return nil, wire.Errorf("SerializationException", "the request is not a JSON object: %v", err)
	}
	return c, nil
}

// text is a parameter that is a text, a number or a truth.
func (c *call) text(name string) string {
	if c.form != nil {
		return c.form.Get(name)
	}
	return scalar(c.body[name])
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// texts is a list of texts. Lists of forms are numbered ("Name.1", "Name.member.1").
func (c *call) texts(name string) []string {
	if c.form == nil {
		list, _ := c.body[name].([]any)
		return scalars(list)
	}
	var out []string
	for _, prefix := range []string{name + ".", name + ".member."} {
		for n := 1; c.form.Has(prefix + strconv.Itoa(n)); n++ {
			out = append(out, c.form.Get(prefix+strconv.Itoa(n)))
		}
	}
	return out
}

func scalars(list []any) []string {
	var out []string
	for _, v := range list {
		out = append(out, scalar(v))
	}
	return out
}

// within is a JSON object inside the parameters, and an empty one where there is none.
func (c *call) within(path ...string) map[string]any {
	at := c.body
	for _, name := range path {
		at, _ = at[name].(map[string]any)
	}
	return at
}

// tags reads the tags of a request, in any of the ways in which services write them.
func (c *call) tags(name string) map[string]string {
	out := map[string]string{}
	switch v := c.body[name].(type) {
	case map[string]any:
		for k, value := range v {
			out[k] = scalar(value)
		}
	case []any:
		for _, item := range v {
			pair, _ := item.(map[string]any)
			out[scalar(either(pair, "key", "Key"))] = scalar(either(pair, "value", "Value"))
		}
	}
	if c.form != nil {
		c.formTags(name+".member.", out)
	}
	return out
}

// SetsTag reports whether a request gives something a tag of that key.
func (a *Account) SetsTag(in Call, key string) bool {
	c, err := a.read(in)
	if err != nil {
		return false
	}
	for name, values := range c.form {
		if strings.HasSuffix(name, ".Key") && values[0] == key {
			return true
		}
	}
	for name := range c.body {
		if _, has := c.tags(name)[key]; has && strings.EqualFold(name, "tags") {
			return true
		}
	}
	return false
}

func either(pair map[string]any, a, b string) any {
	if v, ok := pair[a]; ok {
		return v
	}
	return pair[b]
}

func (c *call) formTags(prefix string, out map[string]string) {
	for n := 1; c.form.Has(fmt.Sprintf("%s%d.Key", prefix, n)); n++ {
		out[c.form.Get(fmt.Sprintf("%s%d.Key", prefix, n))] = c.form.Get(fmt.Sprintf("%s%d.Value", prefix, n))
	}
}

// specifiedTags are the TagSpecifications of EC2, by type of resource.
func (c *call) specifiedTags() map[string]map[string]string {
	out := map[string]map[string]string{}
	for n := 1; ; n++ {
		prefix := fmt.Sprintf("TagSpecification.%d.", n)
		kind := c.form.Get(prefix + "ResourceType")
		if kind == "" {
			return out
		}
		tags := map[string]string{}
		c.formTags(prefix+"Tag.", tags)
		out[kind] = tags
	}
}

func isTrue(text string) bool { return strings.EqualFold(text, "true") }
