package handover

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"ecsctl/provision"
)

// A call that a format does not know is an error, not something that is left out.
func TestUnknownCallIsAnError(t *testing.T) {
	t.Parallel()
	service := provision.Call{Service: "ECS", Operation: "CreateService", Input: &ecs.CreateServiceInput{}}
	odd := provision.Call{Service: "Odd", Operation: "CreateOdd", Input: &ecs.CreateServiceInput{}}
	for name, step := range map[string]provision.DesiredStep{
		"a kind without a place": {Kind: "odd", Calls: []provision.Call{odd}},
		"a first call":           {Kind: provision.KindService, Calls: []provision.Call{odd}},
		"a further call":         {Kind: provision.KindService, Calls: []provision.Call{service, odd}},
	} {
		for _, format := range Formats {
			text, err := Write(format, "etl", &provision.Desired{Steps: []provision.DesiredStep{step}}, Lines{})
			if err == nil {
				t.Errorf("%s is no error in %s:\n%s", name, format, text)
			}
		}
	}
	if _, err := Write("terraform", "etl", &provision.Desired{}, Lines{}); err == nil {
		t.Error("a format that is none is no error")
	}
}

// The AWS CLI's names, as botocore's xform_name makes them.
func TestKebab(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"clusterName": "cluster-name", "enableECSManagedTags": "enable-ecs-managed-tags", "cpu": "cpu",
		"AssumeRolePolicyDocument": "assume-role-policy-document", "VpcId": "vpc-id",
		"CreateSecurityGroup": "create-security-group", "SecretString": "secret-string",
	} {
		if got := kebab(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// What is written is read back as it was, whatever a reader of YAML might take it for.
func TestYAMLIsReadBack(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"texts": []any{"2012-10-17", "yes", "Null", "0755", "a: b", "- x", "#", "", "a\nb", `q"'\`, "${x}", "日本", "1e3", "a:",
			"arn:aws:iam::1:role/x", "=", "~", "sqs:SendMessage"},
		"On":     map[string]any{"Null": true, "empty": map[string]any{}, "none": []any{}},
		"nested": []any{[]any{"a", map[string]any{"b": uint64(1)}}, map[string]any{"c": []any{"d"}, "e": "f"}},
	}
	var out strings.Builder
	writeYAML(&out, want, "")
	var got map[string]any
	if err := yaml.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, out.String())
	}
}

// Words of the shell, with variables in the place of tokens.
func TestWord(t *testing.T) {
	t.Parallel()
	id := provision.Token(provision.KindSecurityGroup, provision.TokenID)
	uri := provision.Token(provision.KindRepository, provision.TokenURI)
	for _, c := range []struct {
		value any
		want  string
	}{
		{"plain", "plain"}, {int64(2), "2"}, {id, `"$security_group_id"`}, {"it's", `'it'\''s'`},
		{[]any{id, "$HOME"}, `'["'"$security_group_id"'","$HOME"]'`}, {uri + "@x", `''"$repository_uri"'@x'`},
	} {
		if got := word(c.value); got != c.want {
			t.Errorf("%v is %s, want %s", c.value, got, c.want)
		}
	}
}
