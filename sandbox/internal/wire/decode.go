package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// decodeJSON puts a parsed JSON value into an SDK value while checking it against
// the schema: members that do not exist and wrong types. What else the service's model
// asks of a request is checked before, in the package rules.
func decodeJSON(s *smithy.Schema, v any, dst reflect.Value, path string) error {
	if v == nil {
		return nil
	}
	if dst.Kind() == reflect.Pointer {
		p := reflect.New(dst.Type().Elem())
		dst.Set(p)
		dst = p.Elem()
	}
	switch s.Type() {
	case smithy.ShapeTypeStructure:
		return decodeStruct(s, v, dst, path)
	case smithy.ShapeTypeList, smithy.ShapeTypeSet:
		return decodeList(s, v, dst, path)
	case smithy.ShapeTypeMap:
		return decodeMap(s, v, dst, path)
	default:
		return decodeScalar(s, v, dst, path)
	}
}

func decodeStruct(s *smithy.Schema, v any, dst reflect.Value, path string) error {
	obj, ok := v.(map[string]any)
	if !ok {
		return wrongType(path, "an object", v)
	}
	for name, value := range obj {
		member := s.Member(name)
		if member == nil {
			return Errorf("SerializationException", "unknown parameter %s%s", join(path, name), closest(name, s))
		}
		if err := decodeJSON(member, value, field(dst, name), join(path, name)); err != nil {
			return err
		}
	}
	return nil
}

func decodeList(s *smithy.Schema, v any, dst reflect.Value, path string) error {
	list, ok := v.([]any)
	if !ok {
		return wrongType(path, "a list", v)
	}
	out := reflect.MakeSlice(dst.Type(), len(list), len(list))
	for i, item := range list {
		if item == nil {
			return wrongType(fmt.Sprintf("%s[%d]", path, i), "a value", item)
		}
		if err := decodeJSON(s.ListMember(), item, out.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	dst.Set(out)
	return nil
}

func decodeMap(s *smithy.Schema, v any, dst reflect.Value, path string) error {
	obj, ok := v.(map[string]any)
	if !ok {
		return wrongType(path, "an object", v)
	}
	out := reflect.MakeMapWithSize(dst.Type(), len(obj))
	for k, item := range obj {
		value := reflect.New(dst.Type().Elem()).Elem()
		if err := decodeJSON(s.MapValue(), item, value, join(path, k)); err != nil {
			return err
		}
		out.SetMapIndex(reflect.ValueOf(k).Convert(dst.Type().Key()), value)
	}
	dst.Set(out)
	return nil
}

func decodeScalar(s *smithy.Schema, v any, dst reflect.Value, path string) error {
	switch s.Type() {
	case smithy.ShapeTypeString, smithy.ShapeTypeEnum:
		str, ok := v.(string)
		if !ok {
			return wrongType(path, "a string", v)
		}
		dst.SetString(str)
	case smithy.ShapeTypeBoolean:
		b, ok := v.(bool)
		if !ok {
			return wrongType(path, "a boolean", v)
		}
		dst.SetBool(b)
	case smithy.ShapeTypeInteger, smithy.ShapeTypeLong, smithy.ShapeTypeShort, smithy.ShapeTypeByte:
		return decodeInt(v, dst, path)
	case smithy.ShapeTypeDouble, smithy.ShapeTypeFloat:
		return decodeFloat(v, dst, path)
	case smithy.ShapeTypeBlob:
		return decodeBlob(v, dst, path)
	case smithy.ShapeTypeTimestamp:
		return decodeTime(v, dst, path)
	default:
		return NotImplemented("the parameter " + path)
	}
	return nil
}

func decodeInt(v any, dst reflect.Value, path string) error {
	n, ok := v.(json.Number)
	if !ok {
		return wrongType(path, "a whole number", v)
	}
	i, err := n.Int64()
	if err != nil || dst.OverflowInt(i) {
		return wrongType(path, "a whole number", v)
	}
	dst.SetInt(i)
	return nil
}

func decodeFloat(v any, dst reflect.Value, path string) error {
	n, ok := v.(json.Number)
	if !ok {
		return wrongType(path, "a number", v)
	}
	f, err := n.Float64()
	if err != nil {
		return wrongType(path, "a number", v)
	}
	dst.SetFloat(f)
	return nil
}

func decodeBlob(v any, dst reflect.Value, path string) error {
	str, ok := v.(string)
	if !ok {
		return wrongType(path, "base64 text", v)
	}
	data, err := base64.StdEncoding.DecodeString(str)
	if err != nil {
		return wrongType(path, "base64 text", v)
	}
	dst.SetBytes(data)
	return nil
}

func decodeTime(v any, dst reflect.Value, path string) error {
	n, ok := v.(json.Number)
	if !ok {
		return wrongType(path, "a time in seconds", v)
	}
	f, err := n.Float64()
	if err != nil {
		return wrongType(path, "a time in seconds", v)
	}
	dst.Set(reflect.ValueOf(time.UnixMilli(int64(f * 1000)).UTC()))
	return nil
}

func wrongType(path, want string, got any) *Error {
	return Errorf("SerializationException", "the parameter %s must be %s, not %T", path, want, got)
}

func closest(name string, s *smithy.Schema) string {
	for known := range s.Members() {
		if strings.EqualFold(known, name) {
			return fmt.Sprintf(" (did you mean %s?)", known)
		}
	}
	return ""
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
