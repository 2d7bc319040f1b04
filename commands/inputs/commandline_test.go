package inputs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/provision/spec"
)

// fullSpec sets every field by its flag.
func fullSpec(t *testing.T) spec.Spec {
	t.Helper()
	var args []string
	for _, f := range BootstrapFlags() {
		args = append(args, "--"+f.Flag.Names()[0]+"="+valueFor(f))
	}
	return specOf(t, BootstrapFlags(), args...)
}

// The arguments that a Spec gives make that Spec again, whichever field is set. The names of a worker that the pool
// shares are found out each time.
func TestBootstrapArgsMakeTheSpec(t *testing.T) {
	t.Parallel()
	full := fullSpec(t)
	if diff := cmp.Diff(full.WithoutHosts(), specOf(t, BootstrapFlags(), bootstrapArgs(full)[1:]...)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := bootstrapArgs(spec.Spec{}); len(got) != 1 {
		t.Errorf("arguments of an empty Spec: %q", got)
	}
}

// A saved Spec is read back as it was; only what is set is in the file.
func TestSaveSpec(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ecsctl.yaml")
	full := fullSpec(t)
	if err := SaveSpec(path, full, false); err != nil {
		t.Fatal(err)
	}
	got, err := readConfig(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := SaveSpec(path, spec.Spec{}, false); !errors.Is(err, ErrFileExists) {
		t.Errorf("got %v", err)
	}
	if err := SaveSpec(path, spec.Spec{Pool: "etl"}, true); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(savedHeading+"pool: etl\n", string(raw)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
