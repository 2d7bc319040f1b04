package jobtemplate

import "testing"

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
