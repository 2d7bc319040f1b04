package commands_test

import (
	"fmt"
	"strings"
	"testing"

	"ecsctl/internal/testkit/stage"
)

const customerKey = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

// keyPlaces are where people keep the API key: what makes the place, and its ARN.
var keyPlaces = map[string]struct {
	what string
	make func(*adopter) string
}{
	"secret under a customer's key": {"secret", func(a *adopter) string {
		a.make("KEY", "ARN", "secretsmanager", "CreateSecret",
			fmt.Sprintf("{Name: acme/key, SecretString: %s, KmsKeyId: '%s'}",
				stage.Canary, customerKey))
		return a.ids["KEY"]
	}},
	"parameter": {"parameter", func(a *adopter) string {
		a.make("", "", "ssm", "PutParameter", fmt.Sprintf("{Name: /acme/key, Value: %s, Type: SecureString}",
			stage.Canary))
		return "arn:aws:ssm:eu-west-1:123456789012:parameter/acme/key"
	}},
	"parameter under a customer's key": {"parameter", func(a *adopter) string {
		a.make("", "", "ssm", "PutParameter",
			fmt.Sprintf("{Name: acme-key, Value: %s, Type: SecureString, KeyId: alias/acme}",
				stage.Canary))
		return "arn:aws:ssm:eu-west-1:123456789012:parameter/acme-key"
	}},
}

// TestKeyPlaces: worker and run start with the key from each place, doctor reads it there, the next
// plan is empty, and a worker whose pool has forgotten where its key is keeps it.
func TestKeyPlaces(t *testing.T) {
	t.Parallel()
	for name, tc := range keyPlaces {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdopter(t)
			place := tc.make(a)
			flags := []string{"bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--yes"}
			a.Run(append(flags, "--prefect-api-key-secret", place)...)
			a.runEnds("Completed")
			a.Run("bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--prefect-api-key-secret", place,
				"--dry-run", "--detailed-exitcode")
			accepted := fmt.Sprintf("the key in %s %q is accepted", tc.what, resourceOf(place))
			a.doctorSays(accepted)
			a.must(a.api.DeleteWorkPool(t.Context(), publishedPoolName))
			a.doctorSays(accepted)
			cmd, out := a.command("status", "--pool", publishedPoolName, "--cluster", "acme")
			_ = cmd.Run() // the pool is gone
			if !strings.Contains(out.String(), "--prefect-api-key-secret "+place) {
				t.Errorf("status takes the key away:\n%s", out)
			}
		})
	}
}

// resourceOf is what a person is shown of an ARN of the account.
func resourceOf(arn string) string {
	const account = "123456789012:"
	return arn[strings.LastIndex(arn, account)+len(account):]
}

func (a *adopter) doctorSays(want string) {
	a.t.Helper()
	cmd, out := a.command("doctor", "--pool", publishedPoolName, "--cluster", "acme")
	_ = cmd.Run() // the machine's own address is a finding too
	if !strings.Contains(out.String(), want) {
		a.t.Errorf("doctor does not say %q:\n%s", want, out)
	}
}
