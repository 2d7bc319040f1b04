package spec_test

import (
	"reflect"
	"testing"

	"ecsctl/provision/spec"
)

// A pool that another one's worker serves refuses each setting of a worker.
func TestEachSettingOfAWorkerIsRefusedBesideAnother(t *testing.T) {
	t.Parallel()
	typ := reflect.TypeFor[spec.Worker]()
	for i := range typ.NumField() {
		name, known := typ.Field(i).Name, typ.Field(i).Tag.Get("yaml") == "-"
		if known || name == "Of" || name == "Binary" { // without an image no binary is used
			continue
		}
		refused := false
		for _, value := range unusual(t, typ.Field(i).Type) {
			s := spec.Spec{Pool: "etl", Region: "eu-west-1", Worker: spec.Worker{Of: "other"}}.WithDefaults()
			reflect.ValueOf(&s.Worker).Elem().Field(i).Set(value)
			refused = refused || s.CheckOf() != nil
		}
		if !refused {
			t.Errorf("worker.of takes Worker.%s: see ofWorker", name)
		}
	}
}

// unusual are values of a type one of which is no default.
func unusual(t *testing.T, typ reflect.Type) []reflect.Value {
	t.Helper()
	switch typ.Kind() {
	case reflect.String:
		return []reflect.Value{reflect.ValueOf("unusual").Convert(typ)}
	case reflect.Int:
		return []reflect.Value{reflect.ValueOf(7).Convert(typ)}
	case reflect.Bool:
		return []reflect.Value{reflect.ValueOf(true), reflect.ValueOf(false)}
	case reflect.Slice:
		return []reflect.Value{reflect.MakeSlice(typ, 1, 1)}
	case reflect.Map:
		m := reflect.MakeMap(typ)
		m.SetMapIndex(reflect.New(typ.Key()).Elem(), reflect.New(typ.Elem()).Elem())
		return []reflect.Value{m}
	case reflect.Pointer:
		var out []reflect.Value
		for _, v := range unusual(t, typ.Elem()) {
			p := reflect.New(typ.Elem())
			p.Elem().Set(v)
			out = append(out, p)
		}
		return out
	}
	t.Fatalf("no value of %s", typ)
	return nil
}
