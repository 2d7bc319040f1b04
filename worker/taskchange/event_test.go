package taskchange

import "testing"

func TestWorkerSlug(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ECSWorker 1a2b": "ecsworker-1a2b", "a.b_c": "a-b-c", "--x--": "x", "Data/Team:1": "data-team-1",
	} {
		if got := WorkerSlug(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
