package jobtemplate

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"ecsctl/internal/closest"
)

var (
	registerSchema = schemas.RegisterTaskDefinitionRequest
	registerType   = reflect.TypeFor[ecs.RegisterTaskDefinitionInput]()
	runTaskSchema  = schemas.RunTaskRequest
	runTaskType    = reflect.TypeFor[ecs.RunTaskInput]()
	awsvpcSchema   = schemas.AwsVpcConfiguration
	awsvpcType     = reflect.TypeFor[types.AwsVpcConfiguration]()
)

// checkShape compares a document with the shape that AWS's own model gives it: names,
// types, required members and, from the SDK's types, the values of enums. A nil
// document has nothing to check.
func checkShape(found *findings, path string, schema *smithy.Schema, typ reflect.Type, document map[string]any) {
	if document != nil {
		shapeCheck{found}.structure(path, schema, typ, document)
	}
}

type shapeCheck struct{ found *findings }

func (c shapeCheck) value(path string, schema *smithy.Schema, typ reflect.Type, value any) {
	switch schema.Type() {
	case smithy.ShapeTypeUnion:
		c.found.add(path, "take it out", "ecsctl cannot send this field, nor can the official worker")
	case smithy.ShapeTypeStructure:
		if object, ok := value.(map[string]any); ok {
			c.structure(path, schema, indirect(typ), object)
			return
		}
		c.wrong(path, value, "an object")
	case smithy.ShapeTypeList, smithy.ShapeTypeSet:
		c.list(path, schema, typ, value)
	case smithy.ShapeTypeMap:
		c.mapping(path, schema, typ, value)
	case smithy.ShapeTypeBoolean:
		if _, ok := value.(bool); !ok {
			c.wrong(path, value, "true or false")
		}
	case smithy.ShapeTypeInteger, smithy.ShapeTypeLong:
		c.integer(path, value)
	default:
		c.text(path, typ, value)
	}
}

func (c shapeCheck) wrong(path string, value any, want string) {
	hint := ""
	switch {
	case value == nil:
		hint = "take the key out"
	case want == "an integer" && kind(value) == "a string":
		hint = "write it without quotes"
	}
	c.found.add(path, hint, "it is %s, AWS wants %s", kind(value), want)
}

func (c shapeCheck) structure(path string, schema *smithy.Schema, typ reflect.Type, object map[string]any) {
	members := schema.Members()
	for _, name := range sortedKeys(object) {
		member, known := members[name]
		if !known {
			c.unknown(path, name, sortedKeys(members))
			continue
		}
		c.value(join(path, name), member, memberType(typ, name), object[name])
	}
	for _, name := range requiredMembers[shapeName(schema)] {
		if _, given := object[name]; !given {
			c.found.add(join(path, name), "", "it is missing")
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func shapeName(schema *smithy.Schema) string {
	return firstOf(schema.TargetID().Name, schema.ID().Name)
}

// memberType is the type of a structure's field. The SDK's fields are the names of
// the model with other capitals.
func memberType(typ reflect.Type, name string) reflect.Type {
	field, ok := typ.FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, name) })
	if !ok {
		panic(fmt.Sprintf("the SDK's %s has no field for %q", typ, name)) // a test walks all of them
	}
	return field.Type
}

func (c shapeCheck) unknown(path, name string, members []string) {
	hint := "AWS knows " + joinNames(members)
	if near, ok := closest.Of(name, members); ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.found.add(join(path, name), hint, "AWS has no such field")
}

func (c shapeCheck) list(path string, schema *smithy.Schema, typ reflect.Type, value any) {
	list, ok := value.([]any)
	if !ok {
		c.wrong(path, value, "a list")
		return
	}
	for i, item := range list {
		c.value(fmt.Sprintf("%s[%d]", path, i), schema.ListMember(), typ.Elem(), item)
	}
}

func (c shapeCheck) mapping(path string, schema *smithy.Schema, typ reflect.Type, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		c.wrong(path, value, "an object")
		return
	}
	for _, key := range sortedKeys(object) {
		c.value(join(path, key), schema.MapValue(), typ.Elem(), object[key])
	}
}

func (c shapeCheck) integer(path string, value any) {
	n, ok := value.(json.Number)
	if !ok || !isInteger(n) {
		c.wrong(path, value, "an integer")
		return
	}
	if i, err := n.Int64(); err != nil || i < math.MinInt32 || i > math.MaxInt32 {
		c.found.add(path, "", "the number is too large")
	}
}

// text checks a string and, if the SDK's type is an enum, that it is one of its values.
func (c shapeCheck) text(path string, typ reflect.Type, value any) {
	text, ok := value.(string)
	if !ok {
		c.wrong(path, value, "a string")
		return
	}
	allowed := enumValues(indirect(typ))
	if len(allowed) == 0 || slices.Contains(allowed, text) {
		return
	}
	hint := "one of " + joinNames(allowed)
	if near, ok := closest.Of(text, allowed); ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.found.add(path, hint, "AWS does not take %q here", text)
}

func enumValues(typ reflect.Type) []string {
	method, ok := typ.MethodByName("Values")
	if !ok {
		return nil
	}
	values := method.Func.Call([]reflect.Value{reflect.Zero(typ)})[0]
	out := make([]string, values.Len())
	for i := range out {
		out[i] = values.Index(i).String()
	}
	return out
}

func indirect(typ reflect.Type) reflect.Type {
	if typ.Kind() == reflect.Pointer {
		return typ.Elem()
	}
	return typ
}
