package denial_test

import (
	"strings"
	"testing"

	"ecsctl/internal/denial"
)

// FuzzParse: AWS's words are text of others, and what comes out of them is shown.
func FuzzParse(f *testing.F) {
	f.Add("User: arn:aws:iam::1:user/u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/r "+
		"because no identity-based policy allows it", "ecs:RunTask")
	f.Add("not authorized to perform: ecs:RunTask on resource: *", "")
	f.Fuzz(func(t *testing.T, message, fallback string) {
		d := denial.Parse(message, fallback)
		if d.Action != fallback && !strings.Contains(message, d.Action) || !strings.Contains(message, d.Resource) {
			t.Errorf("%q: made up %+v", message, d)
		}
	})
}
