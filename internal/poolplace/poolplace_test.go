package poolplace_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/hint"
	"ecsctl/internal/poolplace"
)

func TestOf(t *testing.T) {
	t.Parallel()
	const role = `"arn:aws:iam::111111111111:role/prefect-etl-execution"`
	for name, test := range map[string]struct {
		template string
		want     poolplace.Place
	}{
		"no template": {``, poolplace.Place{}},
		"somebody else's pool": {`{"variables":{"properties":{"execution_role_arn":{"default":` + role + `}}}}`,
			poolplace.Place{}},
		"a marker with both": {
			`{"variables":{"x-ecsctl":{"version":2,"created":true,"account":"222222222222","region":"eu-west-1"},"properties":{"execution_role_arn":{"default":` + role + `}}}}`, poolplace.Place{Account: "222222222222", Region: "eu-west-1"}},
		"an older one": {
			`{"variables":{"x-ecsctl":{"version":1,"created":true,"region":"eu-west-1"},"properties":{"execution_role_arn":{"default":` + role + `}}}}`, poolplace.Place{Account: "111111111111", Region: "eu-west-1"}},
		"an older one, adopted": {`{"variables":{"x-ecsctl":{"version":1,"defaults":{"execution_role_arn":{"set":` +
			role + `}}},"properties":{"execution_role_arn":{"default":"arn:aws:iam::333333333333:role/mine"}}}}`,
			poolplace.Place{Account: "111111111111"}},
		"the secret of another": {
			`{"variables":{"x-ecsctl":{"version":2,"created":true},"properties":{"prefect_api_key_secret_arn":{"default":"arn:aws:secretsmanager:eu-west-1:333333333333:secret:key"}}}}`, poolplace.Place{}},
		"a variable that is none":  {`{"variables":{"x-ecsctl":{"version":2,"created":true},"properties":{"cluster":7,"execution_role_arn":{"default":` + role + `}}}}`, poolplace.Place{Account: "111111111111"}},
		"a default that is no ARN": {`{"variables":{"x-ecsctl":{"version":2,"created":true},"properties":{"cluster":{"default":["x"]}}}}`, poolplace.Place{}},
	} {
		got, err := poolplace.Of(json.RawMessage(test.template))
		if err != nil || got != test.want {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, test.want)
		}
	}
	if _, err := poolplace.Of(json.RawMessage(`{"variables":{"x-ecsctl":7}}`)); err == nil {
		t.Error("a marker that cannot be read is taken for none")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	here := poolplace.Place{Account: "111111111111", Region: "eu-west-1"}
	for _, was := range []poolplace.Place{{}, here, {Region: "eu-west-1"}, {Account: "111111111111"}} {
		if err := was.Check("etl", here); err != nil {
			t.Errorf("%+v: %v", was, err)
		}
	}
	err := poolplace.Place{Account: "222222222222", Region: "us-east-1"}.Check("etl", here)
	var elsewhere *poolplace.ElsewhereError
	if !errors.As(err, &elsewhere) {
		t.Fatalf("error %v", err)
	}
	const want = `work pool "etl" was set up in AWS account 222222222222, region us-east-1, and this is 111111111111, eu-west-1`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"use credentials of account 222222222222, as with --profile",
		"pass --region us-east-1"}, hint.Of(err)); diff != "" {
		t.Error(diff)
	}
}
