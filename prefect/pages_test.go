package prefect_test

import (
	"fmt"
	"testing"

	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
)

func TestListingsAreReadToTheEnd(t *testing.T) {
	t.Parallel()
	c := client(t, prefectapi.New(), prefect.Options{})
	_, err := c.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "p", Type: "ecs"})
	check(t, err, nil, "create pool")
	const workers = 401 // two full pages and one more
	for i := range workers {
		_, err := c.Heartbeat(t.Context(), "p", prefect.Heartbeat{Name: fmt.Sprint("w", i)})
		check(t, err, nil, "heartbeat")
	}
	got, err := c.Workers(t.Context(), "p")
	check(t, err, nil, "workers")
	names := map[string]bool{}
	for _, w := range got {
		names[w.Name] = true
	}
	if len(got) != workers || len(names) != workers {
		t.Errorf("%d workers, %d names", len(got), len(names))
	}
}
