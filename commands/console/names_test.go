package console

import (
	"context"
	"io"
	"testing"
)

func TestARNsAsNames(t *testing.T) {
	ctx := context.WithValue(t.Context(), reportingKey{},
		&Reporting{head: Head{Account: "123456789012", Region: "eu-west-1"}})
	for text, want := range map[string]string{
		"as arn:aws:iam::123456789012:user/ann: denied":                          "as user/ann: denied",
		`["arn:aws:ecr:eu-west-1:123456789012:repository/etl/*","x"]`:            `["repository/etl/*","x"]`,
		"taskDefinition: arn:aws:ecs:eu-west-1:123456789012:task-definition/f:3": "taskDefinition: task-definition/f:3",
		"arn:aws-cn:ecs:eu-west-1:123456789012:cluster/main.":                    "cluster/main.",
		// What these say is where they are.
		"arn:aws:iam::210987654321:role/theirs":          "arn:aws:iam::210987654321:role/theirs",
		"arn:aws:ecs:us-east-1:123456789012:cluster/far": "arn:aws:ecs:us-east-1:123456789012:cluster/far",
		"arn:aws:s3:::bucket":                            "arn:aws:s3:::bucket",
		"run `stop arn:aws:ecs:eu-west-1:123456789012:task/a/b`, see arn:aws:iam::123456789012:role/r": "" +
			"run `stop arn:aws:ecs:eu-west-1:123456789012:task/a/b`, see role/r",
	} {
		if got := Named(ctx, io.Discard, false, text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
		if got := Named(ctx, io.Discard, true, text); got != text {
			t.Errorf("with --verbose %q is shown as %q", text, got)
		}
	}
	unknown := context.WithValue(t.Context(), reportingKey{}, &Reporting{})
	if text := "arn:aws:iam::123456789012:user/ann"; Named(unknown, io.Discard, false, text) != text {
		t.Error("an account that is not known is taken for this one")
	}
}
