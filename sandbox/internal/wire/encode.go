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
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch s.Type() {
	case smithy.ShapeTypeStructure:
		return encodeStruct(s, v)
	case smithy.ShapeTypeList, smithy.ShapeTypeSet:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = encodeJSON(s.ListMember(), v.Index(i))
		}
		return out
	case smithy.ShapeTypeMap:
		out := make(map[string]any, v.Len())
		for _, k := range v.MapKeys() {
			out[k.String()] = encodeJSON(s.MapValue(), v.MapIndex(k))
		}
		return out
	case smithy.ShapeTypeTimestamp:
		return float64(v.Interface().(time.Time).UnixMilli()) / 1000
	default:
		return v.Interface()
	}
}

func encodeStruct(s *smithy.Schema, v reflect.Value) any {
	out := map[string]any{}
	for name, member := range s.Members() {
		f := field(v, name)
		if absent(member, f) {
			continue
		}
		out[name] = encodeJSON(member, f)
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
