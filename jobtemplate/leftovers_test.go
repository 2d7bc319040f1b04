package jobtemplate_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/jobtemplate"
)

// leftBehind has a misspelled variable, one of another pool type and what dumps of blocks
// have in them.
const leftBehind = `{"image": "i", "imgae": "x", "stream_logs": true, "block_type_slug": "ecs-task", "env.A": "1"}`

func TestLeftoversAreAWarning(t *testing.T) {
	t.Parallel()
	want := []string{`the work pool's template has no such variables, so they are not used: ` +
		`block_type_slug, imgae (did you mean "image"?), stream_logs`}
	if diff := cmp.Diff(want, resolve(t, withVariables(leftBehind)).Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLeftoversAreProblemsToTheStrict(t *testing.T) {
	t.Parallel()
	in := withVariables(leftBehind)
	in.Strict = true
	_, err := jobtemplate.Resolve(in)
	var problems *jobtemplate.Problems
	if !errors.As(err, &problems) || len(problems.List) != 3 {
		t.Fatalf("got %v, want a problem for each of three variables", err)
	}
	want := jobtemplate.Problem{
		Path: "job_variables.imgae", Message: `the work pool's template has no variable "imgae"`,
		Hint: `did you mean "image"?`,
	}
	if diff := cmp.Diff(want, problems.List[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
