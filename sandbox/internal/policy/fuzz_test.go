package policy_test

import (
	"testing"

	"ecsctl/sandbox/internal/policy"
)

// FuzzPolicy looks for documents that panic or that take for ever to match.
func FuzzPolicy(f *testing.F) {
	f.Add(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*","Condition":{"StringLike":{"aws:RequestTag/a":["*x*"]}}}]}`, "ecs:RunTask", "arn:aws:ecs:eu-west-1:1:task-definition/prefect_etl_*:1")
	f.Add(`{"Statement":{"Effect":"Deny","NotAction":["iam:*"],"Resource":"arn:aws:iam::*:role/${aws:username}"}}`,
		"iam:GetRole", "arn:aws:iam::1:role/u")
	f.Add(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"a*a*a*a*a*a*a*a*b"}}`, "s3:Get",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Fuzz(func(t *testing.T, document, action, resource string) {
		d, err := policy.Parse(document)
		if err != nil {
			return
		}
		_ = d.Unsupported()
		known := policy.Context{}
		known.Set("aws:username", resource)
		known.Set("aws:RequestTag/a", action)
		r := policy.Request{Action: action, Resource: resource, Context: known,
			Callers: []string{"arn:aws:iam::1:user/u", "1"}}
		first, second := d.Evaluate(r), policy.Evaluate([]policy.Document{d, d}, r)
		if first != second {
			t.Errorf("%s: once %v, twice %v", document, first, second)
		}
	})
}
