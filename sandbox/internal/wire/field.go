package wire

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// member is a wire member of a Go type.
type member struct {
	of   reflect.Type
	name string
}

// fieldIndexes remembers where the members are: a member -> []int. With thousands of tasks
// the search would take most of an answer's time.
var fieldIndexes sync.Map

// field finds the Go field of a wire member; the SDK only changes its capitals.
func field(v reflect.Value, name string) reflect.Value {
	key := member{v.Type(), name}
	if index, known := fieldIndexes.Load(key); known {
		return v.FieldByIndex(index.([]int))
	}
	f, ok := v.Type().FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, name) })
	if !ok {
		panic(fmt.Sprintf("sandbox: %s has no field for %q", v.Type(), name))
	}
	fieldIndexes.Store(key, f.Index)
	return v.FieldByIndex(f.Index)
}
