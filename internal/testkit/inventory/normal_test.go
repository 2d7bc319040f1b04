package inventory

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reading is an account in which only ids differ from reading to reading.
func reading(t *testing.T, group, suffix string, revision int, image string) *Snapshot {
	t.Helper()
	snap := &Snapshot{things: Things{}, names: map[string]string{}}
	secret := "arn:aws:secretsmanager:eu-west-1:1:secret:key-" + suffix
	snap.Rename(group, "<security group default/own>")
	snap.Rename(secret, "<secret key>")
	definition := func(n int) string {
		return "arn:aws:ecs:eu-west-1:1:task-definition/worker:" + string(rune('0'+n))
	}
	add := func(kind, name string, content any) {
		if err := snap.add(kind, name, content); err != nil {
			t.Fatal(err)
		}
	}
	add(SecurityGroup, "default/own", map[string]any{"GroupId": group, "Tags": []any{}})
	add(TaskDefinition, "worker:"+string(rune('0'+revision)), map[string]any{
		"TaskDefinitionArn": definition(revision), "Revision": revision, "Image": image, "ValueFrom": secret,
	})
	add(Service, "default/worker", map[string]any{
		"TaskDefinition": definition(revision), "SecurityGroups": []string{"sg-b", group},
	})
	return snap
}

func TestDiffIgnoresIDs(t *testing.T) {
	t.Parallel()
	a, b := reading(t, "sg-a", "AbCdEf", 1, "v1"), reading(t, "sg-z", "UvWxYz", 4, "v1")
	if diff := Diff(a, b); diff != "" {
		t.Errorf("readings that differ in ids alone differ:\n%s", diff)
	}
}

func TestDiffSeesContent(t *testing.T) {
	t.Parallel()
	a, b := reading(t, "sg-a", "AbCdEf", 1, "v1"), reading(t, "sg-a", "AbCdEf", 1, "v2")
	if diff := Diff(a, b); !strings.Contains(diff, "v2") {
		t.Errorf("the changed image is not in the difference:\n%s", diff)
	}
}

func TestNormalNamesRevisions(t *testing.T) {
	t.Parallel()
	r := newRevisions(map[string]any{"worker:9": nil, "worker:10": nil, "other:1": nil})
	const arn = "arn:aws-cn:ecs:cn-north-1:1:task-definition/"
	for from, want := range map[string]string{
		arn + "worker:10": arn + "worker:newest",
		arn + "worker:9":  arn + "worker:newest-1",
		arn + "worker:1":  arn + "worker:inactive",
		arn + "other:1":   arn + "other:newest",
	} {
		if got := r.replace(from); got != want {
			t.Errorf("replace(%q) = %q, want %q", from, got, want)
		}
	}
}

func TestPruneSortsSets(t *testing.T) {
	t.Parallel()
	got := prune(map[string]any{
		"Command": []any{"b", "a"}, "Subnets": []any{"b", "a"}, "Empty": []any{}, "Nil": nil, "Zero": 0.0,
		"Tags": []any{map[string]any{"Key": "b"}, map[string]any{"Key": "a"}},
	})
	want := map[string]any{
		"Command": []any{"b", "a"}, "Subnets": []any{"a", "b"}, "Zero": 0.0,
		"Tags": []any{map[string]any{"Key": "a"}, map[string]any{"Key": "b"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
