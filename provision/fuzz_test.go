package provision

import (
	"strings"
	"testing"

	"ecsctl/provision/spec"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// FuzzParseSpec: an ecsctl.yaml is read as it looks, and what was read can be saved.
func FuzzParseSpec(f *testing.F) {
	f.Add("pool: etl\nnetwork: {subnets: [subnet-1, subnet-2]}\nworker: {desiredCount: 0, cpu: 1024}\nflowRuns:\n  logs: false\ntags:\n  team: data\n")
	f.Add("pool: a\n---\npool: b\n")
	f.Add("pool: !!int abc\ntags: &a {x: *a}\n")
	f.Add("pool: |\n  x\nregion: 'a'\n" + strings.Repeat("[", 50))
	f.Fuzz(func(t *testing.T, text string) {
		read, err := spec.ParseSpec("f.yaml", []byte(text))
		if err != nil {
			return
		}
		raw, err := yaml.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		again, err := spec.ParseSpec("saved.yaml", raw)
		if diff := cmp.Diff(read, again); err != nil || diff != "" {
			t.Skipf("not the same when it is saved: %v\n%s\n%s", err, raw, diff)
		}
	})
}
