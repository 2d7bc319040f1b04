package inputs

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"ecsctl/docs"
	"ecsctl/provision/spec"
)

// property is a key of the schema of ecsctl.yaml.
type property struct {
	Description string
	Properties  map[string]property
}

// Each key in the schema that editors show says what it is, in the words of its flag's help. More may follow.
func TestSchemaSaysWhatFlagsSay(t *testing.T) {
	t.Parallel()
	var schema property
	if err := json.Unmarshal([]byte(docs.SpecSchema), &schema); err != nil {
		t.Fatal(err)
	}
	described := map[string]string{}
	collect(schema, "", described)
	for _, f := range BootstrapFlags() {
		set := setFields(specOf(t, BootstrapFlags(), "--"+f.Flag.Names()[0]+"="+valueFor(f)))
		key := keyOf(reflect.TypeFor[spec.Spec](), set[0])
		if strings.Contains(sentence(f.Flag), "=") {
			continue // NAME=VALUE is a map in the file
		}
		if got := described[key]; !strings.HasPrefix(got, sentence(f.Flag)) {
			t.Errorf("%s is described as %q, and its flag says %q", key, got, sentence(f.Flag))
		}
	}
	for key, text := range described {
		if !strings.HasSuffix(text, ".") {
			t.Errorf("%s: no sentence describes it: %q", key, text)
		}
	}
}

func collect(p property, prefix string, into map[string]string) {
	for name, child := range p.Properties {
		into[prefix+name] = child.Description
		collect(child, prefix+name+".", into)
	}
}

// keyOf is the key in ecsctl.yaml of a field, Worker.CPU for one.
func keyOf(t reflect.Type, path string) string {
	name, rest, nested := strings.Cut(path, ".")
	field, _ := t.FieldByName(name)
	key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
	if nested {
		key += "." + keyOf(field.Type, rest)
	}
	return key
}

var (
	valueName = regexp.MustCompile("`[^`]*`")
	flagName  = regexp.MustCompile(`--([a-z])`)
	// whatIsOn: a flag that turns something off is, as a key, what it turns off.
	whatIsOn = strings.NewReplacer("make no queue and no ", "make a queue and an ", "make no repository",
		"make a repository")
)

// sentence is the usage of a flag as a sentence about a key.
func sentence(flag cli.Flag) string {
	text := strings.ReplaceAll(flag.(cli.DocGenerationFlag).GetUsage(), "; may be repeated", "")
	text = valueName.ReplaceAllStringFunc(text, func(name string) string {
		name = strings.Trim(name, "`")
		switch name {
		case "ARN", "URL", "GIB":
			return strings.ReplaceAll(name, "GIB", "GiB")
		case "MIB":
			return "MiB"
		}
		if strings.Contains(name, "=") {
			return name
		}
		return strings.ToLower(name)
	})
	unset := reflect.ValueOf(flag).Elem().FieldByName("DefaultText")
	if on := whatIsOn.Replace(text); on != text {
		text = on + " (default: true)"
	} else if unset.IsValid() && unset.String() != "" {
		text += " (default: " + unset.String() + ")"
	}
	text = flagName.ReplaceAllString(text, "$1")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
