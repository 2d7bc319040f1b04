package provision

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// usersTemplate is a base job template as a user may have edited it: in an order of
// its own, with keys that nobody else knows, explicit nulls and odd numbers.
const usersTemplate = `{"x-mine":{"z":1,"a":1.50},"variables":{"type":"object","required":["image"],"properties":{` +
	`"memory":{"title":"Memory","default":null},` +
	`"image":{"default":"registry/app:1","type":"string","x-note":"ours"},` +
	`"cluster":{"type":"string"},` +
	`"vpc_id":{"type":"string","default":"vpc-theirs"}},` +
	`"definitions":{"D":{}}},"job_configuration":{"zeta":"{{ image }}","cluster":"{{ cluster }}"}}`

func mustParse(t *testing.T, raw string) *poolTemplate {
	t.Helper()
	template, err := parsePoolTemplate(json.RawMessage(raw))
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func encoded(t *testing.T, template *poolTemplate) string {
	t.Helper()
	raw, err := template.encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func setDefaults(t *testing.T, template *poolTemplate, defaults ...poolDefault) {
	t.Helper()
	for _, d := range defaults {
		if err := template.set(d); err != nil {
			t.Fatal(err)
		}
	}
}

// Taking a template apart and putting it together changes not a byte.
func TestTemplateRoundTrip(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(usersTemplate, encoded(t, mustParse(t, usersTemplate))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Setting defaults changes those and the marker, nothing else, in its place.
func TestTemplateSet(t *testing.T) {
	t.Parallel()
	template := mustParse(t, usersTemplate)
	setDefaults(t, template, poolDefault{"cluster", "main"}, poolDefault{"memory", 4096},
		poolDefault{"vpc_id", "vpc-ours"})
	want := `{"x-mine":{"z":1,"a":1.50},"variables":{"type":"object","required":["image"],"properties":{` +
		`"memory":{"title":"Memory","default":4096},` +
		`"image":{"default":"registry/app:1","type":"string","x-note":"ours"},` +
		`"cluster":{"type":"string","default":"main"},` +
		`"vpc_id":{"type":"string","default":"vpc-ours"}},` +
		`"definitions":{"D":{}},` +
		`"x-ecsctl":{"version":2,"defaults":{"cluster":{"set":"main"},"memory":{"set":4096,"before":null},"vpc_id":{"set":"vpc-ours","before":"vpc-theirs"}}}},` +
		`"job_configuration":{"zeta":"{{ image }}","cluster":"{{ cluster }}"}}`
	if diff := cmp.Diff(want, encoded(t, template)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What bootstrap did, read back from the server by a later process and restored, is
// undone to the byte: no default stays no default, null stays null.
func TestTemplateRestore(t *testing.T) {
	t.Parallel()
	first := mustParse(t, usersTemplate)
	setDefaults(t, first, poolDefault{"cluster", "main"}, poolDefault{"memory", 4096},
		poolDefault{"vpc_id", "vpc-ours"})
	if err := first.addVariable("extra", json.RawMessage(`{"type":"string"}`)); err != nil {
		t.Fatal(err)
	}
	setDefaults(t, first, poolDefault{"extra", "x"})
	second := mustParse(t, encoded(t, first))
	if err := second.restore(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(usersTemplate, encoded(t, second)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A second bootstrap with other values remembers what was there before the first.
func TestTemplateRemembersTheFirstValue(t *testing.T) {
	t.Parallel()
	first := mustParse(t, usersTemplate)
	setDefaults(t, first, poolDefault{"vpc_id", "vpc-one"})
	second := mustParse(t, encoded(t, first))
	setDefaults(t, second, poolDefault{"vpc_id", "vpc-two"})
	if err := second.restore(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(usersTemplate, encoded(t, second)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What a user sets between two bootstraps is what teardown gives back.
func TestTemplateRemembersWhatUsersSetSince(t *testing.T) {
	t.Parallel()
	template := mustParse(t, usersTemplate)
	setDefaults(t, template, poolDefault{"vpc_id", "vpc-one"})
	if err := template.writeDefault("vpc_id", json.RawMessage(`"vpc-new"`)); err != nil {
		t.Fatal(err)
	}
	setDefaults(t, template, poolDefault{"vpc_id", "vpc-one"})
	if err := template.restore(); err != nil {
		t.Fatal(err)
	}
	if got := string(template.defaultOf("vpc_id")); got != `"vpc-new"` {
		t.Errorf("got default %s", got)
	}
}

// What a user has changed after bootstrap is theirs: teardown leaves it.
func TestTemplateRestoreLeavesWhatUsersChanged(t *testing.T) {
	t.Parallel()
	template := mustParse(t, usersTemplate)
	setDefaults(t, template, poolDefault{"vpc_id", "vpc-ours"}, poolDefault{"cluster", "main"})
	if err := template.writeDefault("vpc_id", json.RawMessage(`"vpc-changed"`)); err != nil {
		t.Fatal(err)
	}
	if err := template.restore(); err != nil {
		t.Fatal(err)
	}
	if got := string(template.defaultOf("vpc_id")); got != `"vpc-changed"` {
		t.Errorf("the changed default became %s", got)
	}
	if got := template.defaultOf("cluster"); got != nil {
		t.Errorf("the other default is still %s", got)
	}
}

// In a pool that bootstrap made there is nothing to remember.
func TestOwnTemplateRemembersNothing(t *testing.T) {
	t.Parallel()
	template := mustParse(t, usersTemplate)
	template.marker = poolMarker{Version: markerVersion, Created: true}
	setDefaults(t, template, poolDefault{"vpc_id", "vpc-ours"})
	if got := mustParse(t, encoded(t, template)).marker; !cmp.Equal(got, poolMarker{
		Version: markerVersion, Created: true,
	}) {
		t.Errorf("got marker %+v", got)
	}
}

// Names that the user chose travel in the marker.
func TestMarkerKeepsNames(t *testing.T) {
	t.Parallel()
	template := mustParse(t, usersTemplate)
	names := spec.DeriveNames("etl", "eu-west-1")
	names.Service = "mine"
	template.marker = poolMarker{Version: markerVersion, Created: true, Names: &names}
	if diff := cmp.Diff(&names, mustParse(t, encoded(t, template)).marker.Names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTemplateAddVariable(t *testing.T) {
	t.Parallel()
	template := mustParse(t, usersTemplate)
	if err := template.addVariable("extra", json.RawMessage(`{"type":"string"}`)); err != nil {
		t.Fatal(err)
	}
	if got := string(template.config.Get("extra")); got != `"{{ extra }}"` || !template.has("extra") {
		t.Errorf("got job configuration %s, variable there: %v", got, template.has("extra"))
	}
	// A template that uses the key in a way of its own keeps it.
	if err := template.addVariable("zeta", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	if template.has("zeta") || string(template.config.Get("zeta")) != `"{{ image }}"` {
		t.Errorf("the key zeta became %s", template.config.Get("zeta"))
	}
}

func TestTemplateDiffers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		have string
		want any
		diff bool
	}{
		"equal":             {`"a"`, "a", false},
		"other":             {`"a"`, "b", true},
		"none":              {``, "b", true},
		"null is none":      {`null`, "b", true},
		"number and number": {`512`, 512, false},
		"number and text":   {`"512"`, 512, true},
		"sets in another order": {`{"subnets":["b","a"],"x":1}`, map[string]any{
			"x": 1, "subnets": []string{"a", "b"},
		}, false},
		"sets of another content": {`{"subnets":["b","c"],"x":1}`, map[string]any{
			"x": 1, "subnets": []string{"a", "b"},
		}, true},
		"a key more": {`{"x":1,"y":2}`, map[string]any{"x": 1}, true},
	} {
		property := `{"default":` + test.have + `}`
		if test.have == "" {
			property = `{}`
		}
		template := mustParse(t, `{"variables":{"properties":{"v":`+property+`}}}`)
		if got := template.differs(poolDefault{"v", test.want}); got != test.diff {
			t.Errorf("%s: differs is %v, want %v", name, got, test.diff)
		}
	}
}

func TestTemplatesThatDoNotParse(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`[]`: "not a JSON object", `{"variables":[]}`: "variables", `{"variables":{"properties":7}}`: "properties",
		`{"job_configuration":"x"}`: "job_configuration", `{"variables":{"x-ecsctl":7}}`: "x-ecsctl",
	} {
		_, err := parsePoolTemplate(json.RawMessage(raw))
		wantError(t, err, "failed to read", want)
	}
}

// The embedded template has every variable whose default bootstrap sets.
func TestEmbeddedTemplateHasOurVariables(t *testing.T) {
	t.Parallel()
	template := mustParse(t, string(templates.ECSBaseJobTemplate))
	p := &workPool{w: testWorld(t, fullSpec()), template: template}
	for _, d := range p.defaults() {
		if !template.has(d.name) {
			t.Errorf("no variable %q", d.name)
		}
	}
	if changes := p.changes(); len(p.warnings) != 0 || len(changes) == 0 {
		t.Errorf("got %d changes and warnings %q", len(changes), p.warnings)
	}
}
