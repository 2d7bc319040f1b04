package commands_test

import (
	"strings"
	"testing"
)

// TestJSONSecret: the API key is a key of a JSON secret, as people keep it. The execution role may
// read the secret, whose ARN has no key; worker and run start, and doctor reads the key.
func TestJSONSecret(t *testing.T) {
	t.Parallel()
	a := newAdopter(t)
	secret := a.ids["SECRET"] + ":prefect-api-key::"
	a.Run("bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--yes", "--prefect-api-key-secret", secret)
	a.runEnds("Completed")
	cmd, out := a.command("doctor", "--pool", publishedPoolName)
	_ = cmd.Run() // the machine's own address is a finding too
	if want := `the key in secret "` + resourceOf(a.ids["SECRET"]) + `" is accepted`; !strings.Contains(out.String(), want) {
		t.Errorf("doctor does not say %q:\n%s", want, out)
	}
	cmd, out = a.command("doctor", "--pool", publishedPoolName, "--prefect-api-key-secret", a.ids["SECRET"])
	_ = cmd.Run()
	if want := "is not an API key as plain text"; !strings.Contains(out.String(), want) ||
		!strings.Contains(out.String(), "ARN:KEY::") {
		t.Errorf("doctor does not say of a bare JSON secret %q:\n%s", want, out)
	}
}
