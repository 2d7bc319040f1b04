package jobtemplate_test

import (
	"testing"

	"ecsctl/jobtemplate"
)

// A number where a text belongs: the worker of Prefect 2 takes it, that of Prefect 3 refuses it.
func TestNumbersAreTextsForPrefect2(t *testing.T) {
	t.Parallel()
	const variables = `{"labels": {"team": 5}, "env": {"RETRIES": 1.5, "OFF": null}, "name": 7}`
	in := withVariables(variables)
	if _, err := jobtemplate.Resolve(in); err == nil {
		t.Error("for Prefect 3 numbers pass for texts")
	}
	in.PrefectVersion = "2.20.26"
	job := resolve(t, in)
	if job.Labels["team"] != "5" || job.Env["RETRIES"] != "1.5" || job.Name != "7" {
		t.Errorf("got labels %v, env %v, name %q", job.Labels, job.Env, job.Name)
	}
}
