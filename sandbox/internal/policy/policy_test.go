package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ecsctl/sandbox/internal/policy"
)

func parse(t *testing.T, text string) policy.Document {
	t.Helper()
	d, err := policy.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// statements makes a policy of statements that leave out what they all have.
func statements(list ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(list, ",") + `]}`
}

func TestStatements(t *testing.T) {
	t.Parallel()
	const definition = "arn:aws:ecs:us-east-1:123456789012:task-definition/prefect_a:7"
	allow := func(rest string) string { return `{"Effect": "Allow", ` + rest + `}` }
	deny := func(rest string) string { return `{"Effect": "Deny", ` + rest + `}` }
	for name, tc := range map[string]struct {
		policy string
		want   policy.Verdict
	}{
		"the action and the resource": {statements(allow(`"Action": "ecs:RunTask", "Resource": "` + definition + `"`)),
			policy.Allowed},
		"actions have no case": {statements(allow(`"Action": "ECS:runtask", "Resource": "*"`)),
			policy.Allowed},
		"another action": {statements(allow(`"Action": "ecs:StopTask", "Resource": "*"`)),
			policy.Silent},
		"wildcard in the action": {statements(allow(`"Action": ["s3:*", "ecs:R?nT*"], "Resource": "*"`)),
			policy.Allowed},
		"? is one character": {statements(allow(`"Action": "ecs:RunTask?", "Resource": "*"`)),
			policy.Silent},
		"wildcard in the resource": {statements(allow(`"Action": "*", "Resource": "arn:aws:ecs:*:*:task-definition/prefect_*:*"`)), policy.Allowed},
		"resources have case": {
			statements(allow(`"Action": "*", "Resource": "arn:aws:ecs:*:*:task-definition/Prefect_*"`)), policy.Silent},
		"the end counts": {
			statements(allow(`"Action": "*", "Resource": "arn:aws:ecs:*:*:task-definition/prefect_a:?7"`)),
			policy.Silent},
		"denial counts more": {statements(allow(`"Action": "*", "Resource": "*"`),
			deny(`"Action": "ecs:*", "Resource": "*"`)), policy.Denied},
		"denial of something else": {statements(allow(`"Action": "*", "Resource": "*"`),
			deny(`"Action": "ecs:Stop*", "Resource": "*"`)), policy.Allowed},
		"NotAction leaves it out": {statements(allow(`"NotAction": "ecs:*", "Resource": "*"`)), policy.Silent},
		"NotAction of others": {statements(allow(`"NotAction": ["iam:*", "sts:*"], "Resource": "*"`)),
			policy.Allowed},
		"NotResource leaves it out": {statements(allow(`"Action": "*", "NotResource": "arn:aws:ecs:*"`)),
			policy.Silent},
		"NotResource denies the rest": {statements(deny(`"Action": "*", "NotResource": "arn:aws:ecs:*:*:cluster/*"`)),
			policy.Denied},
		"variable": {
			statements(
				allow(`"Action": "*", "Resource": "arn:aws:ecs:*:*:task-definition/${aws:PrincipalTag/family}:*"`)),
			policy.Allowed},
		"variable without a value":      {statements(allow(`"Action": "*", "Resource": "arn:aws:ecs:*:*:task-definition/${aws:PrincipalTag/none}*"`)), policy.Silent},
		"variable with a default":       {statements(allow(`"Action": "*", "Resource": "arn:aws:ecs:*:*:task-definition/${aws:PrincipalTag/none, 'prefect_a'}:*"`)), policy.Allowed},
		"what a variable holds is text": {statements(allow(`"Action": "*", "Resource": "arn:aws:ecs:*:*:task-definition/${aws:PrincipalTag/star}"`)), policy.Silent},
		"an escaped star is a star":     {statements(allow(`"Action": "*", "Resource": "arn:aws:ecs:*:*:task-definition/${*}"`)), policy.Silent},
		"old policies have no variables": {`{"Version": "2008-10-17", "Statement": ` +
			allow(`"Action": "*", "Resource": "arn:aws:ecs:*:*:task-definition/${aws:PrincipalTag/family}:*"`) + `}`,
			policy.Silent},
		"an unmet condition": {statements(
			allow(
				`"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}`)),
			policy.Silent},
		"all conditions": {statements(
			allow(
				`"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1", "aws:username": "none"}}`)), policy.Silent},
	} {
		c := policy.Context{}
		c.Set("aws:PrincipalTag/family", "prefect_a")
		c.Set("aws:PrincipalTag/star", "*")
		c.Set("aws:RequestedRegion", "us-east-1")
		got := parse(t, tc.policy).Evaluate(policy.Request{Action: "ecs:RunTask", Resource: definition, Context: c})
		if got != tc.want {
			t.Errorf("%s: got %d, want %d", name, got, tc.want)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	c := policy.Context{}
	c.Set("ecs:cluster", "arn:aws:ecs:us-east-1:123456789012:cluster/one")
	c.Set("aws:TagKeys", "a", "b")
	c.Set("aws:username", "Alice")
	c.Set("aws:SecureTransport", "true")
	c.Set("ecs:task-cpu", "512")
	c.Set("aws:CurrentTime", "2026-11-24T06:00:00Z")
	c.Set("aws:EpochTime", "1795500000")
	c.Set("aws:SourceIp", "10.1.2.3")
	c.Set("aws:PrincipalTag/who", "Alice")
	for condition, want := range map[string]bool{
		`"StringEquals": {"aws:username": "Alice"}`:                                      true,
		`"StringEquals": {"AWS:UserName": ["Bob", "Alice"]}`:                             true,
		`"StringEquals": {"aws:username": "alice"}`:                                      false,
		`"StringEquals": {"aws:username": "A*"}`:                                         false,
		`"StringEquals": {"aws:username": "${aws:PrincipalTag/who}"}`:                    true,
		`"StringEquals": {"aws:userid": "x"}`:                                            false,
		`"StringEqualsIfExists": {"aws:userid": "x"}`:                                    true,
		`"StringEqualsIfExists": {"aws:username": "x"}`:                                  false,
		`"StringNotEquals": {"aws:username": ["Bob", "Eve"]}`:                            true,
		`"StringNotEquals": {"aws:username": ["Bob", "Alice"]}`:                          false,
		`"StringNotEquals": {"aws:userid": "x"}`:                                         true,
		`"StringEqualsIgnoreCase": {"aws:username": "aLICE"}`:                            true,
		`"StringNotEqualsIgnoreCase": {"aws:username": "aLICE"}`:                         false,
		`"StringLike": {"aws:username": "A?i*"}`:                                         true,
		`"StringNotLike": {"aws:username": "A*"}`:                                        false,
		`"ArnEquals": {"ecs:cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/one"}`: true,
		`"ArnEquals": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/o*"}`:                     true,
		// parts are compared one by one
		`"ArnLike": {"ecs:cluster": "arn:aws:ecs:*:cluster/one"}`:         false,
		`"ArnNotEquals": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/two"}`:  true,
		`"ArnNotLike": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/*"}`:      false,
		`"Bool": {"aws:SecureTransport": true}`:                           true,
		`"Bool": {"aws:SecureTransport": "false"}`:                        false,
		`"Bool": {"aws:MultiFactorAuthPresent": "true"}`:                  false,
		`"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}`:          true,
		`"Null": {"aws:MultiFactorAuthPresent": "true"}`:                  true,
		`"Null": {"aws:username": "true"}`:                                false,
		`"Null": {"aws:username": false}`:                                 true,
		`"NumericEquals": {"ecs:task-cpu": 512}`:                          true,
		`"NumericLessThanEquals": {"ecs:task-cpu": "512"}`:                true,
		`"NumericLessThan": {"ecs:task-cpu": 512}`:                        false,
		`"NumericGreaterThan": {"ecs:task-cpu": 256.5}`:                   true,
		`"NumericNotEquals": {"ecs:task-cpu": 512}`:                       false,
		`"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}`:     true,
		`"DateGreaterThan": {"aws:CurrentTime": "2027-01-01"}`:            false,
		`"DateGreaterThanEquals": {"aws:EpochTime": 1795500000}`:          true,
		`"IpAddress": {"aws:SourceIp": ["192.168.0.0/16", "10.0.0.0/8"]}`: true,
		`"NotIpAddress": {"aws:SourceIp": "10.1.2.3"}`:                    false,
		`"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}`:   true,
		`"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}`:             false,
		`"ForAllValues:StringEquals": {"aws:CalledVia": ["a"]}`:           true, // nothing there: nothing differs
		`"ForAllValues:StringNotEquals": {"aws:TagKeys": ["c"]}`:          true,
		`"ForAllValues:StringNotEquals": {"aws:TagKeys": ["a"]}`:          false,
		`"ForAnyValue:StringEquals": {"aws:TagKeys": ["b", "c"]}`:         true,
		`"ForAnyValue:StringEquals": {"aws:TagKeys": "c"}`:                false,
		`"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}`:             true,
		`"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a", "b"]}`:      false,
		`"ForAnyValue:StringLike": {"aws:CalledVia": "*"}`:                false,
	} {
		d := parse(t, statements(fmt.Sprintf(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {%s}}`,
			condition)))
		if what := d.Unsupported(); what != "" {
			t.Errorf("%s: %s is not supported", condition, what)
		}
		if got := d.Evaluate(policy.Request{
			Action: "ecs:RunTask", Resource: "*", Context: c,
		}) == policy.Allowed; got != want {
			t.Errorf("%s: got %t, want %t", condition, got, want)
		}
	}
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	callers := []string{"arn:aws:iam::123456789012:user/a", "arn:aws:iam::123456789012:root", "123456789012"}
	for principal, want := range map[string]bool{
		`"Principal": "*"`: true,
		`"Principal": {"AWS": "arn:aws:iam::123456789012:user/a"}`:                                     true,
		`"Principal": {"AWS": ["arn:aws:iam::123456789012:user/b", "arn:aws:iam::123456789012:root"]}`: true,
		`"Principal": {"AWS": "arn:aws:iam::123456789012:user/b"}`:                                     false,
		`"Principal": {"Service": "events.amazonaws.com"}`:                                             false,
		`"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:user/a"}`:                                  false,
		`"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:user/b"}`:                                  true,
	} {
		d := parse(t, statements(`{"Effect": "Allow", `+principal+`, "Action": "sqs:*", "Resource": "*"}`))
		got := d.Evaluate(policy.Request{
			Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:123456789012:q", Callers: callers,
			Context: policy.Context{},
		})
		if (got == policy.Allowed) != want {
			t.Errorf("%s: got %d", principal, got)
		}
	}
}

func TestWhatIsNoPolicy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{`:                             "This policy contains invalid Json",
		`[]`:                            "Syntax errors in policy.",
		`{"Version": "2012-10-17"}`:     "Syntax errors in policy.",
		statements(`{"Effect": "Yes"}`): "Syntax errors in policy.",
		`{"Version": "2020-01-01", "Statement": []}`:                                                                   "The policy must contain a valid version string",
		statements(`{"Effect": "Allow", "Resource": "*"}`):                                                             "Policy statement must contain actions.",
		statements(`{"Effect": "Allow", "Action": "*", "NotAction": "a:b", "Resource": "*"}`):                          "Syntax errors in policy.",
		statements(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}}`):                            "Syntax errors in policy.",
		statements(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringSame": {"a:b": "c"}}}`):   "Invalid Condition type : StringSame.",
		statements(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"a:b": {}}}}`):    "Syntax errors in policy.",
		statements(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NullIfExists": {"a:b": "c"}}}`): "Invalid Condition type : NullIfExists.",
	} {
		_, err := policy.Parse(text)
		var syntax *policy.SyntaxError
		if !errors.As(err, &syntax) || syntax.Message != want {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestWhatCannotBeEvaluatedIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"Action": "ecs:*", "Resource": "*", "Condition": {"BinaryEquals": {"aws:username": "QQ=="}}`:        "the condition operator BinaryEquals",
		`"Action": "ecs:*", "Resource": "*", "Condition": {"StringEquals": {"ecs:container-name": "x"}}`:     "the condition key ecs:container-name",
		`"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": "x"}}`:                  "the condition key s3:prefix",
		`"NotAction": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": "x"}}`:            "the condition key s3:prefix",
		`"Action": "ecs:*", "Resource": "arn:aws:ecs:*:*:cluster/${saml:sub}"`:                               "the policy variable saml:sub",
		`"Action": "ecs:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "${saml:sub}"}}`: "the condition key saml:sub",
		`"Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": "x"}}`:               "the condition key s3:prefix",
		// no Lambda here, so it never matters
		`"Action": "lambda:*", "Resource": "*", "Condition": {"StringEquals": {"lambda:layer": "x"}}`:                         "",
		`"Action": "ecs:*", "Resource": "*", "Condition": {"ArnEquals": {"ecs:cluster": "*"}, "Null": {"aws:TagKeys": true}}`: "",
	} {
		if got := parse(t, statements(`{"Effect": "Allow", `+text+`}`)).Unsupported(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestMissingKeys(t *testing.T) {
	t.Parallel()
	d := parse(t, statements(
		`{"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*", "Condition": {"ArnEquals": {"ecs:cluster": "*"}, "StringEquals": {"aws:username": "a"}}}`,
		`{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "a"}}}`))
	c := policy.Context{}
	c.Set("aws:username", "a")
	got := policy.MissingKeys([]policy.Document{d}, policy.Request{Action: "ecs:RunTask", Resource: "*", Context: c})
	if len(got) != 1 || got[0] != "ecs:cluster" {
		t.Errorf("got %v", got)
	}
}
