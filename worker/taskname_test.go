package worker_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ecsctl/worker"
)

func TestTaskName(t *testing.T) {
	t.Parallel()
	answer, status := `{"Cluster":"default","TaskARN":"arn:aws:ecs:eu-west-1:123456789012:task/default/158d1c8083dd49d6b527399fd6414f5c","Family":"w"}`, http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v4/some-id/task" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	inTask := func(name string) (string, bool) {
		return server.URL + "/v4/some-id", name == "ECS_CONTAINER_METADATA_URI_V4"
	}
	got, err := worker.TaskName(t.Context(), "etl", inTask)
	if want := "etl-158d1c8083dd49d6b527399fd6414f5c"; got != want || err != nil {
		t.Errorf("in a task: %q, %v, want %q", got, err, want)
	}
	for _, answer = range []string{`{}`, `not JSON`} {
		if got, err := worker.TaskName(t.Context(), "etl", inTask); err == nil {
			t.Errorf("%s made the name %q", answer, got)
		}
	}
	answer, status = `{"TaskARN":"a/b"}`, http.StatusInternalServerError
	if got, err := worker.TaskName(t.Context(), "etl", inTask); err == nil {
		t.Errorf("an error made the name %q", got)
	}
}

func TestTaskNamesElsewhereDiffer(t *testing.T) {
	t.Parallel()
	nowhere := func(string) (string, bool) { return "", false }
	one, err := worker.TaskName(t.Context(), "etl", nowhere)
	if err != nil {
		t.Fatal(err)
	}
	other, err := worker.TaskName(t.Context(), "etl", nowhere)
	if err != nil || one == other || !strings.HasPrefix(one, "etl-") {
		t.Errorf("%q and %q, %v", one, other, err)
	}
}
