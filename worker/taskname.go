package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"ecsctl/internal/uuid"
)

// metadataVariable is where ECS tells a container the address of its task's metadata
// (ECS Developer Guide, "Amazon ECS task metadata endpoint version 4").
const metadataVariable = "ECS_CONTAINER_METADATA_URI_V4"

// metadataTimeout is for an address on the same host.
const metadataTimeout = 3 * time.Second

// TaskName is a name for the worker that begins with prefix and that no other worker
// has: with the id of the ECS task that it runs in, so that people find the one by the
// other, and elsewhere with the host's name and something random.
func TaskName(ctx context.Context, prefix string, environ func(string) (string, bool)) (string, error) {
	if address, ok := environ(metadataVariable); ok && address != "" {
		id, err := taskID(ctx, address)
		if err != nil {
			return "", fmt.Errorf("failed to find out the ECS task that the worker runs in: %w", err)
		}
		return prefix + "-" + id, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("failed to find out the host's name: %w", err)
	}
	return prefix + "-" + host + "-" + uuid.New()[:8], nil
}

// taskID asks the metadata endpoint.
func taskID(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/task", nil)
	if err != nil {
		return "", err
	}
	// No proxy: the address is link-local.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var task struct{ TaskARN string }
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&task); err != nil || response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answered %s without a task's metadata", address, response.Status)
	}
	id := task.TaskARN[strings.LastIndex(task.TaskARN, "/")+1:]
	if id == "" {
		return "", fmt.Errorf("%s names no task", address)
	}
	return id, nil
}
