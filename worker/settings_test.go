package worker

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsctl/prefect"
)

func discover(t *testing.T, environ ...string) prefect.Settings {
	t.Helper()
	dir := t.TempDir()
	settings, err := prefect.Discover(append([]string{"PREFECT_HOME=" + dir, "HOME=" + dir}, environ...), dir,
		prefect.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func TestFromSettings(t *testing.T) {
	t.Parallel()
	o, err := FromSettings(discover(t, "PREFECT_API_URL=http://h/api", "PREFECT_API_KEY=k",
		"PREFECT_WORKER_QUERY_SECONDS=2.5",
		"PREFECT_WORKER_HEARTBEAT_SECONDS=7", "PREFECT_WORKER_PREFETCH_SECONDS=0",
		"PREFECT_WORKER_ENABLE_CANCELLATION=false"))
	if err != nil {
		t.Fatal(err)
	}
	o = o.withDefaults()
	if o.QueryInterval != 2500*time.Millisecond || o.HeartbeatInterval != 7*time.Second || o.Prefetch != 0 ||
		!o.NoCancel || o.NoLogs {
		t.Errorf("got query %s, heartbeat %s, prefetch %s, no cancel %t, no logs %t", o.QueryInterval,
			o.HeartbeatInterval, o.Prefetch, o.NoCancel, o.NoLogs)
	}
	if o.CancelInterval != 5*time.Second {
		t.Errorf("looks for cancelled runs every %s", o.CancelInterval)
	}
	if o.Settings["PREFECT_API_KEY"] != "k" || o.Settings["PREFECT_API_URL"] != "http://h/api" {
		t.Errorf("the tasks inherit %v", o.Settings)
	}
	unset := must2(t)(FromSettings(discover(t))).withDefaults()
	if unset.QueryInterval != DefaultQueryInterval || unset.Prefetch != DefaultPrefetch ||
		unset.HeartbeatInterval != DefaultHeartbeatInterval || unset.NoCancel {
		t.Errorf("without settings: %+v", unset)
	}
}

func TestObserverSettings(t *testing.T) {
	t.Parallel()
	const prefix = "PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_"
	read := func(environ ...string) Options { return must2(t)(FromSettings(discover(t, environ...))) }
	if o := read(prefix+"SQS_QUEUE_NAME=q", prefix+"SQS_QUEUE_REGION=eu-west-1"); o.ObserverQueue != "q" ||
		o.ObserverRegion != "eu-west-1" {
		t.Errorf("got queue %q in %q", o.ObserverQueue, o.ObserverRegion)
	}
	if o := read(prefix+"SQS_QUEUE_NAME=q", prefix+"ENABLED=false"); o.ObserverQueue != "" {
		t.Errorf("switched off, the queue is %q", o.ObserverQueue)
	}
	if o := read(); o.ObserverQueue != "" {
		t.Errorf("without settings the queue is %q", o.ObserverQueue)
	}
}

func TestAWSSettings(t *testing.T) {
	t.Parallel()
	const prefix = "PREFECT_INTEGRATIONS_AWS_ECS_"
	read := func(environ ...string) Options { return must2(t)(FromSettings(discover(t, environ...))) }
	if o := read(); o.RunTaskTries != (Tries{}) || o.RegisterTries != (Tries{}) || o.CrashedLogLines != 0 {
		t.Errorf("without settings: %+v", o)
	}
	o := read(prefix+"WORKER_CREATE_TASK_RUN_MAX_ATTEMPTS=7", prefix+"WORKER_CREATE_TASK_RUN_MIN_DELAY_SECONDS=2",
		prefix+"WORKER_REGISTER_TASK_DEFINITION_MAX_ATTEMPTS=4",
		prefix+"OBSERVER_FORWARD_CRASHED_RUN_LOGS_MAX_EVENTS=9")
	if want := (Tries{Most: 7, First: 2 * time.Second, Last: 2 * time.Second,
		Jitter: 3 * time.Second}); o.RunTaskTries != want {
		t.Errorf("got %+v, want %+v", o.RunTaskTries, want)
	}
	if want := (Tries{Most: 4, First: time.Second, Last: 10 * time.Second,
		Jitter: time.Second}); o.RegisterTries != want {
		t.Errorf("got %+v, want %+v", o.RegisterTries, want)
	}
	if o.CrashedLogLines != 9 {
		t.Errorf("%d lines", o.CrashedLogLines)
	}
	if o := read(prefix + "OBSERVER_FORWARD_CRASHED_RUN_LOGS=false"); o.CrashedLogLines >= 0 {
		t.Errorf("%d lines, switched off", o.CrashedLogLines)
	}
}

func TestTriesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		p := patience{limit: time.Hour}.with(Tries{Most: 3, First: 2 * time.Second, Last: 3 * time.Second})
		err := patiently(t.Context(), silence, p, func(error) bool { return true },
			func() error { calls++; return errors.New("no") })
		if took := time.Since(began); err == nil || calls != 3 || took != 5*time.Second {
			t.Errorf("%d calls in %s: %v", calls, took, err)
		}
	})
}

func must2(t *testing.T) func(Options, error) Options {
	return func(o Options, err error) Options {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"PREFECT_WORKER_QUERY_SECONDS=soon": "PREFECT_WORKER_QUERY_SECONDS from the environment is not a " +
			"number of seconds",
		"PREFECT_WORKER_PREFETCH_SECONDS=-1": "PREFECT_WORKER_PREFETCH_SECONDS from the environment is not a " +
			"number of seconds",
		"PREFECT_WORKER_ENABLE_CANCELLATION=maybe": "PREFECT_WORKER_ENABLE_CANCELLATION from the environment is " +
			"not true or false",
	} {
		if _, err := FromSettings(discover(t, setting)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", setting, err)
		}
	}
}

func TestHealthAddress(t *testing.T) {
	t.Parallel()
	if got := HealthAddress(discover(t)); got != "0.0.0.0:8080" {
		t.Errorf("got %q", got)
	}
	if got := HealthAddress(discover(t, "PREFECT_WORKER_WEBSERVER_HOST=::1",
		"PREFECT_WORKER_WEBSERVER_PORT=9000")); got != "[::1]:9000" {
		t.Errorf("got %q", got)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{"w 1": true, "a/b": false, "50%": false, "": true} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := (Options{}).withDefaults().Name; !strings.HasPrefix(got, "ECSWorker ") ||
		len(got) != len("ECSWorker ")+36 {
		t.Errorf("the default name is %q", got)
	}
}
