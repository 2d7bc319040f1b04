package jobtemplate

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// eachShape calls visit for every structure of the two requests, with the SDK's type.
func eachShape(visit func(*smithy.Schema, reflect.Type)) {
	seen := map[string]bool{}
	var walk func(*smithy.Schema, reflect.Type)
	walk = func(schema *smithy.Schema, typ reflect.Type) {
		switch schema.Type() {
		case smithy.ShapeTypeList:
			walk(schema.ListMember(), typ.Elem())
		case smithy.ShapeTypeMap:
			walk(schema.MapValue(), typ.Elem())
		case smithy.ShapeTypeStructure:
			typ = indirect(typ)
			if seen[shapeName(schema)] {
				return
			}
			seen[shapeName(schema)] = true
			visit(schema, typ)
			for name, member := range schema.Members() {
				walk(member, memberType(typ, name))
			}
		}
	}
	walk(registerSchema, registerType)
	walk(runTaskSchema, runTaskType)
}

// Every member of the schemas has its field in the SDK (memberType panics otherwise)
// and a type that the checks know.
func TestSchemasAndTypesOfTheSDKGoTogether(t *testing.T) {
	t.Parallel()
	known := []smithy.ShapeType{
		smithy.ShapeTypeStructure, smithy.ShapeTypeUnion, smithy.ShapeTypeList, smithy.ShapeTypeMap,
		smithy.ShapeTypeBoolean, smithy.ShapeTypeInteger, smithy.ShapeTypeLong, smithy.ShapeTypeString,
		smithy.ShapeTypeEnum,
	}
	shapes := 0
	eachShape(func(schema *smithy.Schema, typ reflect.Type) {
		shapes++
		for name, member := range schema.Members() {
			if !slices.Contains(known, member.Type()) {
				t.Errorf("%s.%s has the unknown type %v", shapeName(schema), name, member.Type())
			}
		}
	})
	if shapes < 40 {
		t.Errorf("%d shapes, want all of them", shapes)
	}
}

// The SDK refuses a request whose structures are all empty, naming each required
// member; those are what requiredMembers must say.
func TestRequiredMembersAreThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	want := map[string][]string{}
	eachShape(func(schema *smithy.Schema, typ reflect.Type) {
		// Only pointers, lists and enums can be missing: the SDK fills in the rest.
		for _, name := range requiredMembers[shapeName(schema)] {
			if shapeName(schema)+"."+name == "ResourceRequirement.value" {
				continue // needed unless there is a sharingStrategy, a union, which is refused
			}
			if kind := memberType(typ, name).Kind(); kind == reflect.Pointer || kind == reflect.Slice ||
				kind == reflect.String {
				want[shapeName(schema)] = append(want[shapeName(schema)], name)
			}
		}
	})
	got := map[string][]string{}
	eachShape(func(schema *smithy.Schema, typ reflect.Type) {
		if names := refusedBySDK(t, schema, typ); len(names) > 0 {
			got[shapeName(schema)] = names
		}
	})
	for _, names := range want {
		slices.Sort(names)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-SDK +ours):\n%s", diff)
	}
}

// refusedBySDK returns the members that the SDK misses in an empty shape. Requests are
// filled with empty structures to one depth after the other, so that each is empty once.
func refusedBySDK(t *testing.T, schema *smithy.Schema, typ reflect.Type) (names []string) {
	t.Helper()
	for depth := range 6 {
		names = append(names, refusedAtDepth(t, schema, typ, depth)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func refusedAtDepth(t *testing.T, schema *smithy.Schema, typ reflect.Type, depth int) (names []string) {
	t.Helper()
	client := ecs.New(ecs.Options{Region: "x", HTTPClient: nothing{}, Credentials: aws.AnonymousCredentials{}})
	register, run := &ecs.RegisterTaskDefinitionInput{}, &ecs.RunTaskInput{}
	fill(reflect.ValueOf(register).Elem(), depth)
	fill(reflect.ValueOf(run).Elem(), depth)
	_, registerErr := client.RegisterTaskDefinition(t.Context(), register)
	_, runErr := client.RunTask(t.Context(), run)
	for _, err := range []error{registerErr, runErr} {
		var invalid smithy.InvalidParamsError
		if !errors.As(err, &invalid) {
			continue
		}
		for _, one := range invalid.Errs() {
			var param smithy.InvalidParamError
			if errors.As(one, &param) {
				names = appendMember(names, schema, typ, strings.Split(param.Field(), "."))
			}
		}
	}
	return names
}

// appendMember keeps the name if the path ends in the shape that is looked at.
func appendMember(names []string, schema *smithy.Schema, typ reflect.Type, path []string) []string {
	owner := ownerOf(path)
	if owner != typ {
		return names
	}
	for name := range schema.Members() {
		if strings.EqualFold(name, path[len(path)-1]) {
			return append(names, name)
		}
	}
	return names
}

// ownerOf finds the type that holds the last step of a path such as
// "RunTaskInput.Overrides.ContainerOverrides[0].Name".
func ownerOf(path []string) reflect.Type {
	owner := registerType
	if path[0] == runTaskType.Name() {
		owner = runTaskType
	}
	for _, step := range path[1 : len(path)-1] {
		name, _, _ := strings.Cut(step, "[")
		field, ok := owner.FieldByName(name)
		if !ok {
			return nil
		}
		owner = indirect(field.Type)
		if owner.Kind() == reflect.Slice {
			owner = indirect(owner.Elem())
		}
	}
	return owner
}

// fill puts an empty value of every structure into a request, down to a depth.
func fill(value reflect.Value, depth int) {
	if depth == 0 || value.Kind() != reflect.Struct {
		return
	}
	for i := range value.NumField() {
		field := value.Field(i)
		if !field.CanSet() {
			continue
		}
		switch {
		case field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.Struct:
			field.Set(reflect.New(field.Type().Elem()))
			fill(field.Elem(), depth-1)
		case field.Kind() == reflect.Slice && indirect(field.Type().Elem()).Kind() == reflect.Struct:
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
			fill(field.Index(0), depth-1)
		}
	}
}

type nothing struct{}

func (nothing) Do(*http.Request) (*http.Response, error) {
	return nil, errors.New("no request may leave")
}
