package jobtemplate

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// masked stands for a secret in what people see.
const masked = "********"

// secretName matches names of variables and settings whose values nobody should read.
var secretName = regexp.MustCompile(
	`(?i)(secret|token|passw|auth_string|api_?key|access_?key|private_?key|credential|connection_?(url|string)|dsn)`)

// Mask returns a copy of a document in which secrets are stars: environment variables
// whose name says so, and every text that came out of a block.
func (j *Job) Mask(document map[string]any) map[string]any {
	object, _ := j.mask(document).(map[string]any)
	return object
}

func (j *Job) mask(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, child := range value {
			out[key] = j.mask(child)
		}
		if name, ok := value["name"].(string); ok && SecretName(name) && value["value"] != nil {
			out["value"] = masked
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = j.mask(item)
		}
		return out
	case string:
		return j.secrets.mask(value)
	default:
		return value
	}
}

// SecretName reports whether the name of a variable says that its value is a secret.
func SecretName(name string) bool { return secretName.MatchString(name) }

// MaskText returns a text, such as an answer of AWS that quotes what it refuses, in which
// secrets are stars.
func (j *Job) MaskText(text string) string {
	all := &secretValues{texts: map[string]bool{}}
	if j.secrets != nil {
		maps.Copy(all.texts, j.secrets.texts)
	}
	for name, value := range j.Env {
		if SecretName(name) {
			all.addAll(value)
		}
	}
	return all.mask(text)
}

// mask puts stars in the place of every secret, as it is and as it is quoted.
func (s *secretValues) mask(text string) string {
	if s == nil {
		return text
	}
	secrets := sortedKeys(s.texts)
	// Longest first, so that no part of one is left when another is within it.
	slices.SortStableFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, masked)
		quoted := strconv.Quote(secret)
		text = strings.ReplaceAll(text, quoted[1:len(quoted)-1], masked)
	}
	return text
}
