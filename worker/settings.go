package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"ecsctl/internal/uuid"
	"ecsctl/prefect"
)

// The defaults of PREFECT_WORKER_WEBSERVER_HOST and _PORT.
const (
	defaultHealthHost = "0.0.0.0"
	defaultHealthPort = "8080"
)

// FromSettings returns the options that Prefect's own settings stand for.
func FromSettings(s prefect.Settings) (Options, error) {
	o := Options{Settings: map[string]string{}}
	for name := range s.Sources {
		value, _ := s.Lookup(name)
		o.Settings[name] = value.Reveal()
	}
	r := settingsReader{settings: s}
	o.QueryInterval = r.duration("PREFECT_WORKER_QUERY_SECONDS", DefaultQueryInterval)
	o.HeartbeatInterval = r.duration("PREFECT_WORKER_HEARTBEAT_SECONDS", DefaultHeartbeatInterval)
	o.Prefetch = orNone(r.duration("PREFECT_WORKER_PREFETCH_SECONDS", DefaultPrefetch))
	o.CancelInterval = r.duration("PREFECT_WORKER_CANCELLATION_POLL_SECONDS", 0)
	// Off by default in the official worker, on here: no task goes on costing money
	// after its run was cancelled.
	o.NoCancel = !r.flag("PREFECT_WORKER_ENABLE_CANCELLATION", true)
	o.NoLogs = !r.flag("PREFECT_LOGGING_TO_API_ENABLED", true)
	// The official worker listens to a queue of a well-known name unless told otherwise;
	// ours listens only where one is named.
	if r.flag("PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED", true) {
		o.ObserverQueue, _ = r.lookup("PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_NAME")
		o.ObserverRegion, _ = r.lookup("PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_REGION")
	}
	readAWSSettings(&r, &o)
	return o, r.err
}

// readAWSSettings reads PREFECT_INTEGRATIONS_AWS_ECS_* (prefect_aws/settings.py), as far as
// they say something of a worker that has patience of its own.
func readAWSSettings(r *settingsReader, o *Options) {
	const prefix = "PREFECT_INTEGRATIONS_AWS_ECS_"
	o.CrashedLogLines = r.number(prefix+"OBSERVER_FORWARD_CRASHED_RUN_LOGS_MAX_EVENTS", 0)
	if !r.flag(prefix+"OBSERVER_FORWARD_CRASHED_RUN_LOGS", true) {
		o.CrashedLogLines = -1
	}
	if most := r.number(prefix+"WORKER_CREATE_TASK_RUN_MAX_ATTEMPTS", 0); most > 0 {
		wait := r.duration(prefix+"WORKER_CREATE_TASK_RUN_MIN_DELAY_SECONDS", time.Second)
		wait += r.duration(prefix+"WORKER_CREATE_TASK_RUN_MIN_DELAY_JITTER_SECONDS", 0)
		jitter := r.duration(prefix+"WORKER_CREATE_TASK_RUN_MAX_DELAY_JITTER_SECONDS", 3*time.Second)
		o.RunTaskTries = Tries{Most: most, First: wait, Last: wait, Jitter: jitter}
	}
	if most := r.number(prefix+"WORKER_REGISTER_TASK_DEFINITION_MAX_ATTEMPTS", 0); most > 0 {
		first := r.duration(prefix+"WORKER_REGISTER_TASK_DEFINITION_INITIAL_DELAY_SECONDS", time.Second)
		last := r.duration(prefix+"WORKER_REGISTER_TASK_DEFINITION_MAX_DELAY_SECONDS", 10*time.Second)
		o.RegisterTries = Tries{Most: most, First: first, Last: last, Jitter: time.Second}
	}
}

// orNone tells no prefetching from the default.
func orNone(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}

// HealthAddress is host:port of PREFECT_WORKER_WEBSERVER_HOST and _PORT.
func HealthAddress(s prefect.Settings) string {
	host, port := defaultHealthHost, defaultHealthPort
	if value, ok := s.Lookup("PREFECT_WORKER_WEBSERVER_HOST"); ok && value != "" {
		host = value.Reveal()
	}
	if value, ok := s.Lookup("PREFECT_WORKER_WEBSERVER_PORT"); ok && value != "" {
		port = value.Reveal()
	}
	return net.JoinHostPort(host, port)
}

// Debug reports whether the settings ask for a talkative log.
func Debug(s prefect.Settings) bool {
	r := settingsReader{settings: s}
	level, _ := s.Lookup("PREFECT_LOGGING_LEVEL")
	return strings.EqualFold(level.Reveal(), "DEBUG") || r.flag("PREFECT_WORKER_DEBUG_MODE", false)
}

// settingsReader keeps the first error.
type settingsReader struct {
	settings prefect.Settings
	err      error
}

func (r *settingsReader) lookup(name string) (string, bool) {
	value, ok := r.settings.Lookup(name)
	return strings.TrimSpace(value.Reveal()), ok && value != ""
}

func (r *settingsReader) wrong(name, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s from %s is not %s", name, r.settings.Sources[name], want)
	}
}

func (r *settingsReader) duration(name string, unset time.Duration) time.Duration {
	text, given := r.lookup(name)
	if !given {
		return unset
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || n > math.MaxInt32 {
		r.wrong(name, "a number of seconds")
		return unset
	}
	return time.Duration(n * float64(time.Second))
}

func (r *settingsReader) number(name string, unset int) int {
	text, given := r.lookup(name)
	if !given {
		return unset
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 10_000 {
		r.wrong(name, "a number from 1 to 10000")
		return unset
	}
	return n
}

func (r *settingsReader) flag(name string, unset bool) bool {
	text, given := r.lookup(name)
	if !given {
		return unset
	}
	switch strings.ToLower(text) {
	case "1", "true", "t", "yes", "y", "on":
		return true
	case "0", "false", "f", "no", "n", "off":
		return false
	}
	r.wrong(name, "true or false")
	return unset
}

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
			return "", fmt.Errorf("cannot tell which ECS task the worker runs in: %w", err)
		}
		return prefix + "-" + id, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("cannot tell the host's name: %w", err)
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
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&task); err != nil ||
		response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answered %s without a task's metadata", address, response.Status)
	}
	id := task.TaskARN[strings.LastIndex(task.TaskARN, "/")+1:]
	if id == "" {
		return "", fmt.Errorf("%s names no task", address)
	}
	return id, nil
}
