package inputs

import (
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"ecsctl/provision/spec"
)

// leaves lists the fields of a struct, nested ones by their paths.
func leaves(prefix string, v reflect.Value, visit func(path string, v reflect.Value)) {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") == "-" {
			continue // no setting of its own
		}
		path := prefix + v.Type().Field(i).Name
		if field := v.Field(i); field.Kind() == reflect.Struct {
			leaves(path+".", field, visit)
		} else {
			visit(path, field)
		}
	}
}

// setFields are the paths of the fields that are not zero.
func setFields(s spec.Spec) []string {
	var out []string
	leaves("", reflect.ValueOf(s), func(path string, v reflect.Value) {
		if !v.IsZero() {
			out = append(out, path)
		}
	})
	return out
}

// valueFor is something that the flag takes.
func valueFor(f SpecFlag) string {
	if f.Flag.Names()[0] == "bundle-storage" {
		return "true" // false is what its field has anyway
	}
	if len(f.choices) > 0 {
		return f.choices[0]
	}
	switch f.Flag.(type) {
	case *cli.IntFlag:
		return "7"
	case *cli.BoolFlag:
		return "false"
	}
	return "a=b"
}

// specOf runs a command with one flag, given as an argument or by its variable.
func specOf(t *testing.T, flags []SpecFlag, args ...string) spec.Spec {
	t.Helper()
	got, err := tryFlags(flags, args...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func tryFlags(flags []SpecFlag, args ...string) (spec.Spec, error) {
	var got spec.Spec
	app := &cli.App{
		Flags: append(CliFlags(flags), OutputFlags()...), Writer: io.Discard, ErrWriter: io.Discard,
		HideHelp:       true, // its flag is one for the whole process, and is written to
		ExitErrHandler: func(*cli.Context, error) {},
		Action: func(c *cli.Context) (err error) {
			got, err = ReadSpec(c, flags)
			return err
		},
	}
	err := app.Run(append([]string{"ecsctl"}, args...))
	return got, err
}

// Every flag sets one field of the Spec, and every field has one flag.
func TestFlagsAreTheFieldsOfSpec(t *testing.T) {
	t.Parallel()
	var want []string
	leaves("", reflect.ValueOf(spec.Spec{}), func(path string, _ reflect.Value) { want = append(want, path) })
	var got []string
	for _, f := range BootstrapFlags() {
		name := f.Flag.Names()[0]
		set := setFields(specOf(t, BootstrapFlags(), "--"+name+"="+valueFor(f)))
		if len(set) != 1 {
			t.Errorf("--%s sets %q, want one field", name, set)
		}
		got = append(got, set...)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields of Spec (-) and what flags set (+):\n%s", diff)
	}
}

// A value that there is not is refused by the flag that has it, all of them at once; an empty one takes nothing.
func TestFlagsRefuseValuesThatThereAreNot(t *testing.T) {
	t.Parallel()
	var args, empty, want []string
	for _, f := range BootstrapFlags() {
		if name := f.Flag.Names()[0]; len(f.choices) > 0 {
			args = append(args, "--"+name+"=77")
			want = append(want, "--"+name+` "77": use one of `+strings.Join(f.choices, ", "))
			if _, text := f.Flag.(*cli.StringFlag); text {
				empty = append(empty, "--"+name+"=")
			}
		}
	}
	if len(want) < 8 {
		t.Errorf("only %d flags have choices", len(want))
	}
	_, err := tryFlags(BootstrapFlags(), append(args, "--pool=etl")...)
	if err == nil {
		t.Fatal("nothing is refused")
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), err.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	specOf(t, BootstrapFlags(), empty...)
}

// Every flag has the environment variable that its name gives.
func TestFlagsHaveVariables(t *testing.T) {
	for _, f := range BootstrapFlags() {
		name := f.Flag.Names()[0]
		t.Setenv("ECSCTL_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), valueFor(f))
	}
	got := specOf(t, BootstrapFlags())
	want := 0
	leaves("", reflect.ValueOf(got), func(path string, v reflect.Value) {
		want++
		if v.IsZero() {
			t.Errorf("no variable sets %s", path)
		}
	})
	if want == 0 {
		t.Error("the Spec has no fields")
	}
}

// A flag that is not given leaves what ecsctl.yaml says.
func TestFlagsThatAreNotGivenSetNothing(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(spec.Spec{}, specOf(t, BootstrapFlags())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The short forms are those of the AWS and Prefect command lines.
func TestShortFlags(t *testing.T) {
	t.Parallel()
	got := specOf(t, BootstrapFlags(), "-p", "etl", "-q", "fast", "-q", "slow", "-l", "3")
	limit := 3
	want := spec.Spec{Pool: "etl", Worker: spec.Worker{WorkQueues: []string{"fast", "slow"}, Limit: &limit}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Teardown takes the flags of bootstrap that say what is meant, under the same names.
func TestTeardownFlagsAreAmongThoseOfBootstrap(t *testing.T) {
	t.Parallel()
	var names []string
	for _, f := range BootstrapFlags() {
		names = append(names, f.Flag.Names()[0])
	}
	for _, f := range append(PlaceFlags(), NameFlags()...) {
		if !slices.Contains(names, f.Flag.Names()[0]) {
			t.Errorf("--%s is not a flag of bootstrap", f.Flag.Names()[0])
		}
	}
}
