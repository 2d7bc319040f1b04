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
	if err := m.tell(ctx, "/moto-api/state-manager/set-transition", wanted); err != nil {
		return fmt.Errorf("failed to set moto's transitions: %w", err)
	}
	return nil
}

// EnforceIAM makes policies count from the next call on, for everybody, or not.
func (m *Moto) EnforceIAM(ctx context.Context, on bool) error {
	withoutAsking := "inf" // calls
	if on {
		withoutAsking = "0"
	}
	if err := m.tell(ctx, "/moto-api/reset-auth", withoutAsking); err != nil {
		return fmt.Errorf("failed to switch moto's IAM: %w", err)
	}
	return nil
}

// tell posts to moto's own API.
func (m *Moto) tell(ctx context.Context, path, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode > 299 {
		return fmt.Errorf("it answered %s", response.Status)
	}
	return nil
}
