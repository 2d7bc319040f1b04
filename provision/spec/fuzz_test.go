package spec_test

import (
	"slices"
	"strings"
	"testing"

	"ecsctl/provision/spec"

	"github.com/google/go-cmp/cmp"
)

// sameLists: an empty list is none.
var sameLists = cmp.Comparer(slices.Equal[[]string])

// FuzzParseSpec: an ecsctl.yaml is read as it looks, and what was read can be saved.
func FuzzParseSpec(f *testing.F) {
	f.Add("pool: etl\nnetwork: {subnets: [subnet-1, subnet-2]}\nworker: {desiredCount: 0, cpu: 1024}\nflowRuns:\n  " +
		"logs: false\ntags:\n  team: data\n")
	f.Add("pool: a\n---\npool: b\n")
	f.Add("pool: !!int abc\ntags: &a {x: *a}\n")
	f.Add("pool: |\n  x\nregion: 'a'\n" + strings.Repeat("[", 50))
	f.Add(
		`tags: {a: "1e3", b: "null", c: "~", d: " x ", e: "a: b", f: "#c", g: "l\nb", h: "\t", i: "-", j: "'", k: "true", l: "0x1", m: "1_0", n: "!x", o: "&x", p: "*x", q: "?", r: "|", s: ""}` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := spec.ParseSpec("f.yaml", []byte(text), "")
		if err != nil {
			return
		}
		raw, err := read.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := spec.ParseSpec("saved.yaml", raw, "")
		if diff := cmp.Diff(read, again, sameLists); err != nil || diff != "" {
			t.Fatalf("not the same when it is saved: %v\n%s\n%s", err, raw, diff)
		}
	})
}

// Whatever name Prefect takes for a pool, AWS takes the names that derive from it.
func FuzzDerivedNamesAreValid(f *testing.F) {
	for _, pool := range []string{"etl", "my pool", "日本", "--", "a.b", strings.Repeat("é", 300), "x\x00y", `"`,
		"${x}", "*"} {
		f.Add(pool)
	}
	f.Fuzz(func(t *testing.T, pool string) {
		if (spec.Spec{Pool: pool}).CheckPool() != nil {
			t.Skip("Prefect refuses it")
		}
		for _, region := range []string{"eu-west-1", "us-gov-west-1", "ap-southeast-5"} {
			s := spec.Spec{Pool: pool, Region: region}.WithDefaults()
			if err := s.Validate(); err != nil {
				t.Errorf("pool %q in %s: %v", pool, region, err)
			}
			if tag := spec.PoolTag(pool, region); !spec.TagValue.MatchString(tag) {
				t.Errorf("pool %q in %s: AWS takes no tag value %q", pool, region, tag)
			}
		}
	})
}
