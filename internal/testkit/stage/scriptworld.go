package stage

import (
	"context"
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"

	"ecsctl/internal/testkit/inventory"
)

// scriptWorld is where the commands of one script find its world.
type scriptWorld struct{ *World }

type scriptWorldKey struct{}

// setUpScript gives a script a home of its own and nothing of the developer's
// settings.
func setUpScript(env *testscript.Env) error {
	holder := &scriptWorld{}
	env.Values[scriptWorldKey{}] = holder
	env.Defer(func() {
		if holder.World != nil {
			_ = holder.End()
		}
	})
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	env.Setenv("GOGC", os.Getenv("GOGC"))
	// This test binary is no static ecsctl that could be put into an image.
	binary := filepath.Join(env.WorkDir, ".ecsctl-for-image")
	env.Setenv("ECSCTL_BINARY", binary)
	return WriteTiny(binary)
}

func worldOf(ts *testscript.TestScript) *scriptWorld {
	return ts.Value(scriptWorldKey{}).(*scriptWorld)
}

// cmdSandbox starts a sandbox and sets the environment so that ecsctl finds it:
//
//	sandbox [worker] [region=R] [version=V] [key=KEY] [auth=USER:PASSWORD] [image=PATTERN:DIR]...
//
// worker lets the official images be pulled, and chooses the runtime that they are for.
func cmdSandbox(ts *testscript.TestScript, neg bool, args []string) {
	holder := worldOf(ts)
	if neg || holder.World != nil {
		ts.Fatalf("usage: sandbox, once")
	}
	opts, authorization := sandbox.Options{Images: map[string]string{}, EnforceIAM: true}, ""
	opts.Volumes = []string{ts.Getenv("WORK")} // where containers write what a script looks at
	var api []prefectapi.Option
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "worker":
			images, err := WorkerImages()
			ts.Check(err)
			maps.Copy(opts.Images, images)
			ts.Setenv("ECSCTL_RUNTIME", "prefect")
		case "region":
			opts.Region = value
		case "version":
			api = append(api, prefectapi.WithVersion(value))
		case "key":
			api, authorization = append(api, prefectapi.WithAPIKey(value)), "Bearer "+value
		case "auth":
			api, authorization = append(api, prefectapi.WithAuthString(value)),
				"Basic "+base64.StdEncoding.EncodeToString([]byte(value))
		case "image":
			pattern, dir, _ := strings.Cut(value, ":")
			opts.Images[pattern] = filepath.Clean(ts.MkAbs(dir))
		default:
			ts.Fatalf("sandbox has no option %q", arg)
		}
	}
	w, err := NewWorld(opts, authorization, api...)
	ts.Check(err)
	holder.World = w
	for name, value := range w.Env() {
		ts.Setenv(name, value)
	}
}

// cmdWrites asserts how many write calls of ecsctl were accepted since the last look, and
// if they are given, which. With 0, none was tried either. `writes any` only forgets them:
//
//	writes NUMBER [OPERATION...]
func cmdWrites(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: writes NUMBER [OPERATION...]")
	}
	w := worldOf(ts)
	got, tried := w.Writes(), w.Tried()
	w.Tap.Reset()
	if args[0] == "any" {
		return
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if len(got) != want || want == 0 && len(tried) > 0 {
		ts.Fatalf("%d write calls, want %d: %q; the attempts:\n%s", len(got), want, got, tried)
	}
	if operations := slices.Sorted(slices.Values(args[1:])); len(operations) > 0 && !slices.Equal(operations, got) {
		ts.Fatalf("write calls %q, want %q; the attempts:\n%s", got, operations, tried)
	}
}

// cmdSnapshot remembers all that is in the account and the server:
//
//	snapshot NAME
func cmdSnapshot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: snapshot NAME")
	}
	w := worldOf(ts)
	snap, err := w.Snapshot(context.Background())
	ts.Check(err)
	w.saved[args[0]] = snap
}

// cmdSame asserts that all is as in a snapshot:
//
//	[!] same NAME
func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	if len(args) != 1 || w.saved[args[0]] == nil {
		ts.Fatalf("usage: [!] same NAME")
	}
	now, err := w.Snapshot(context.Background())
	ts.Check(err)
	switch diff := inventory.Diff(w.saved[args[0]], now); {
	case neg && diff == "":
		ts.Fatalf("everything is still as in %s", args[0])
	case !neg && diff != "":
		ts.Fatalf("since %s there are differences:\n%s", args[0], diff)
	}
}
