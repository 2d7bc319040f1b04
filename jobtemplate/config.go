package jobtemplate

// config is a populated job configuration, typed.
type config struct {
	name           string
	command        string
	env            map[string]*string // nil removes a variable
	labels         map[string]string
	credentials    Credentials
	taskDefinition map[string]any
	runRequest     map[string]any

	cloudwatchLogs   bool
	cloudwatchPrefix string
	cloudwatchOption map[string]string

	network       map[string]any
	vpcID         string
	cluster       string
	containerName string
	executionRole string

	autoDeregister bool
	matchLatest    bool

	keySecret  string // ARN of the secret with the Prefect API key
	authSecret string // ARN of the secret with the Prefect auth string
}

// readConfig types a populated job configuration. Keys that it does not know are
// ignored, as the official worker does: older and newer templates have others.
func readConfig(found *findings, document map[string]any) config {
	r := reader{document, "", found}
	c := config{
		name:           r.text("name"),
		command:        r.text("command"),
		env:            readEnv(found, document["env"], document),
		labels:         r.texts("labels"),
		credentials:    readCredentials(found, document),
		taskDefinition: r.object("task_definition"),
		runRequest:     r.object("task_run_request"),

		cloudwatchLogs:   r.optionalFlag("configure_cloudwatch_logs"),
		cloudwatchPrefix: r.text("cloudwatch_logs_prefix"),
		cloudwatchOption: r.texts("cloudwatch_logs_options"),

		network:       r.object("network_configuration"),
		vpcID:         r.text("vpc_id"),
		cluster:       r.text("cluster"),
		containerName: r.text("container_name"),
		executionRole: r.text("execution_role_arn"),

		autoDeregister: r.flag("auto_deregister_task_definition"),
		matchLatest:    r.flag("match_latest_revision_in_family"),

		keySecret:  r.text("prefect_api_key_secret_arn"),
		authSecret: r.text("prefect_api_auth_string_secret_arn"),
	}
	readRetired(r)
	return c
}

// readRetired checks variables of older templates that have no effect any more.
func readRetired(r reader) {
	r.optionalFlag("stream_output")
	if value, given := r.document["task_start_timeout_seconds"]; given {
		if _, ok := laxInteger(value); !ok {
			r.wrong("task_start_timeout_seconds", value, "a whole number of seconds")
		}
	}
	if value, given := r.document["task_watch_poll_interval"]; given {
		if _, ok := laxNumber(value); !ok {
			r.wrong("task_watch_poll_interval", value, "a number of seconds")
		}
	}
}

// readEnv reads the environment: values of any type, written as text.
func readEnv(found *findings, value any, document map[string]any) map[string]*string {
	env := map[string]*string{}
	if _, given := document["env"]; !given {
		return env
	}
	object, ok := value.(map[string]any)
	if !ok {
		found.add("env", "write env as an object of names and values", "it is %s, not an object", kind(value))
		return env
	}
	for name, value := range object {
		if value == nil {
			env[name] = nil
			continue
		}
		text := pyText(value)
		env[name] = &text
	}
	return env
}
