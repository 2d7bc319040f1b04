package jobtemplate

import (
	"path"
	"strings"
	"testing"
)

func TestFamilyPrefixIsThatOfGeneratedFamilies(t *testing.T) {
	t.Parallel()
	const id = "019a3b6e-0000-7000-8000-000000000001"
	for pool, want := range map[string]string{
		"my-ecs-pool":          "prefect_my-ecs-pool_",
		"Data Team: was geht?": "prefect_Data-Team-was-geht-_",
		"Straßenbau-日本":        "prefect_Stra-enbau--_",
	} {
		got := FamilyPrefix(pool)
		if got != want {
			t.Errorf("%q: got %q, want %q", pool, got, want)
		}
		if family := familyText(suffixed("prefect", pool, id)); family != got+id {
			t.Errorf("%q: the family %q does not begin with %q", pool, family, got)
		}
	}
}

// One may register the families of its own pool and of no other, however they begin.
func TestFamilyPatternKeepsPoolsApart(t *testing.T) {
	t.Parallel()
	const id = "019a3b6e-0000-7000-8000-000000000001"
	long := strings.Repeat("p", 300)
	pools := []string{"hp", "hp_x", "hp_", "hp_" + id, "h", "hp x", "Straßenbau-日本"}
	for _, mine := range append(pools, long) {
		pattern := FamilyPattern(mine)
		if !matches(t, pattern, familyText(suffixed("prefect", mine, id))) {
			t.Errorf("%q does not match the family of its own pool %q", pattern, mine)
		}
		for _, other := range pools {
			if other != mine && matches(t, pattern, familyText(suffixed("prefect", other, id))) {
				t.Errorf("%q, of pool %q, matches the family of %q", pattern, mine, other)
			}
		}
	}
}

// matches judges ? as IAM does: families have no slash, which path.Match minds.
func matches(t *testing.T, pattern, family string) bool {
	t.Helper()
	ok, err := path.Match(pattern, family)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}
