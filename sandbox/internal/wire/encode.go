package wire

import (
	"reflect"
	"time"

	"github.com/aws/smithy-go"
)

// encodeJSON turns an SDK value into what encoding/json writes, under the wire
// names of the schema. Unlike the SDK's own serializer it writes plain numbers and
// booleans that are zero: the real services do, and boto3 users index them.
func encodeJSON(s *smithy.Schema, v reflect.Value) any {
	return encoder{func(t time.Time) any { return float64(t.UnixMilli()) / 1000 }}.encode(s, v)
}

// EventDetail is the detail of an event about an SDK value: as an answer of the JSON
// protocol has it, except for the times, which are text. v is a pointer.
func EventDetail(s *smithy.Schema, v any) any {
	return encoder{func(t time.Time) any { return t.UTC().Format("2006-01-02T15:04:05.000Z") }}.encode(s,
		reflect.ValueOf(v))
}

// encoder writes times in its own way.
type encoder struct{ time func(time.Time) any }

func (e encoder) encode(s *smithy.Schema, v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch s.Type() {
	case smithy.ShapeTypeStructure:
		return e.encodeStruct(s, v)
	case smithy.ShapeTypeList, smithy.ShapeTypeSet:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = e.encode(s.ListMember(), v.Index(i))
		}
		return out
	case smithy.ShapeTypeMap:
		out := make(map[string]any, v.Len())
		for _, k := range v.MapKeys() {
			out[k.String()] = e.encode(s.MapValue(), v.MapIndex(k))
		}
		return out
	case smithy.ShapeTypeTimestamp:
		return e.time(v.Interface().(time.Time))
	default:
		return v.Interface()
	}
}

func (e encoder) encodeStruct(s *smithy.Schema, v reflect.Value) any {
	out := map[string]any{}
	for name, member := range s.Members() {
		f := field(v, name)
		if absent(member, f) {
			continue
		}
		out[name] = e.encode(member, f)
	}
	return out
}

func absent(s *smithy.Schema, v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return v.IsNil()
	case reflect.String: // only enums are plain strings, and "" is not one of them
		return s.Type() == smithy.ShapeTypeEnum && v.Len() == 0
	default:
		return false
	}
}
