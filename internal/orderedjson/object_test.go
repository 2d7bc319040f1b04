package orderedjson

import (
	"encoding/json"
	"testing"
)

func TestObjectKeepsWhatItDoesNotTouch(t *testing.T) {
	t.Parallel()
	const before = `{"z":1.0,"a":{"y":[1,2],"b":null},"1e3":1e3}`
	var o Object
	if err := json.Unmarshal([]byte(before), &o); err != nil {
		t.Fatal(err)
	}
	child, err := o.Object("a")
	if err != nil {
		t.Fatal(err)
	}
	child.Delete("b")
	if err := child.SetValue("c", "<new>"); err != nil {
		t.Fatal(err)
	}
	if err := o.SetValue("a", child); err != nil {
		t.Fatal(err)
	}
	got, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"z":1.0,"a":{"y":[1,2],"c":"\u003cnew\u003e"},"1e3":1e3}`; string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestObjectRefusesOtherValues(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`[1]`, `"a"`, `null`, `{"a":`} {
		var o Object
		if err := o.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}
