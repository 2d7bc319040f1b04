package jobtemplate

// reader reads typed values out of an object and notes those of the wrong type.
// What is absent or wrong reads as the zero value.
type reader struct {
	document map[string]any
	path     string // before each key, with its dot
	found    *findings
}

func (r reader) wrong(key string, value any, want string) {
	r.found.add(r.path+key, "", "it is %s, not %s", kind(value), want)
}

// text reads a string or null.
func (r reader) text(key string) string {
	value := r.document[key]
	text, ok := value.(string)
	if !ok && value != nil {
		r.wrong(key, value, "a string")
	}
	return text
}

// texts reads an object of strings.
func (r reader) texts(key string) map[string]string {
	out := map[string]string{}
	for name, value := range r.object(key) {
		text, ok := value.(string)
		if !ok {
			r.wrong(key+"."+name, value, "a string")
			continue
		}
		out[name] = text
	}
	return out
}

// object reads an object; null is not one.
func (r reader) object(key string) map[string]any {
	value, given := r.document[key]
	object, ok := value.(map[string]any)
	if given && !ok {
		r.wrong(key, value, "an object")
	}
	return object
}

// objects reads a list of objects. Empty text and an empty object pass for an empty list:
// Python goes through all of them alike.
func (r reader) objects(key string) []map[string]any {
	value, given := r.document[key]
	list, ok := value.([]any)
	if given && !ok && !emptySequence(value) {
		r.wrong(key, value, "a list")
	}
	out := make([]map[string]any, 0, len(list))
	for _, item := range list {
		object, ok := item.(map[string]any)
		if !ok {
			r.wrong(key, item, "an object, and each entry must be one")
			continue
		}
		out = append(out, object)
	}
	return out
}

// emptySequence reports whether the value is one that Python goes through without finding
// anything.
func emptySequence(value any) bool {
	switch value.(type) {
	case string, []any, map[string]any:
		return !truthy(value)
	}
	return false
}

// flag reads a boolean; null is not one.
func (r reader) flag(key string) bool {
	value, given := r.document[key]
	result, ok := laxBoolean(value)
	if given && !ok {
		r.wrong(key, value, "true or false")
	}
	return result
}

// optionalFlag reads a boolean or null.
func (r reader) optionalFlag(key string) bool {
	return r.document[key] != nil && r.flag(key)
}
