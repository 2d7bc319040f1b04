package provision_test

import (
	"strings"
	"testing"

	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// The cost is that of the whole: workers, their public addresses and the secret.
func TestCost(t *testing.T) {
	t.Parallel()
	two, none := 2, 0
	for name, tc := range map[string]struct {
		change func(*spec.Spec)
		want   string
	}{
		"as it is by default": {func(s *spec.Spec) { s.Worker.DesiredCount = nil },
			"about $13.06 a month: worker $9.01, " +
				"public IPv4 address $3.65, secret $0.40; log lines $0.50 a GB"},
		"two workers": {func(s *spec.Spec) { s.Worker.DesiredCount = &two },
			"about $25.72 a month: 2 workers $18.02, 2 public IPv4 addresses $7.30, secret $0.40;"},
		"none": {func(s *spec.Spec) { s.Worker.DesiredCount = &none },
			"about $0.40 a month: secret $0.40;"},
		"a price of another region": {func(*spec.Spec) {}, "(us-east-1, "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 1)
			tc.change(&a.spec)
			plan, err := provision.NewBootstrap(t.Context(), a.options())
			if err != nil {
				t.Fatal(err)
			}
			if got := plan.Cost().String(); !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q in it", got, tc.want)
			}
		})
	}
}
