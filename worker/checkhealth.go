package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"ecsctl/internal/hint"
	"ecsctl/worker/awsaccess"
)

// checkTimeout is shorter than the five seconds that ECS gives a health check.
const checkTimeout = 4 * time.Second

// CheckHealth asks a worker's health check for its answer: nil when it is well. The
// address is one that a worker listens on, host:port.
func CheckHealth(ctx context.Context, address, path string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	url := "http://" + reachable(address) + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("failed to ask for the worker's health: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return hint.Add(fmt.Errorf("failed to reach the worker at %s: %w", url, awsaccess.Innermost(err)),
			"start the worker with --with-healthcheck, and set PREFECT_WORKER_WEBSERVER_PORT to the same port for both")
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	var answer struct {
		Message string `json:"message"`
	}
	if json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&answer) != nil || answer.Message == "" {
		answer.Message = response.Status
	}
	return fmt.Errorf("the worker at %s is not well: %w", url, errors.New(answer.Message))
}

// reachable turns "all addresses" into one that can be called.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
