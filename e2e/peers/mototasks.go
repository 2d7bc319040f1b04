//go:build e2e

package peers

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// KeepTasksRunning ends what moto does by default: it moves a task on to its next
// status with every DescribeTasks, so that whoever looks at it stops it.
func (m *Moto) KeepTasksRunning(ctx context.Context) error {
	const wanted = `{"model_name": "ecs::task", "transition": {"progression": "time", "seconds": 86400}}`
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL+"/moto-api/state-manager/set-transition", strings.NewReader(wanted))
	if err != nil {
		return fmt.Errorf("failed to set moto's transitions: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("failed to set moto's transitions: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode > 299 {
		return fmt.Errorf("failed to set moto's transitions: it answered %s", response.Status)
	}
	return nil
}
