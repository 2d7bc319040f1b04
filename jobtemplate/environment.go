package jobtemplate

import "strings"

// leftBehind are the beginnings of settings that mean something only where the worker
// runs. The official worker hands them down too; in a task they would point at files
// that are not there, or give away the server's own database.
var leftBehind = []string{
	"PREFECT_HOME", "PREFECT_PROFILE", "PREFECT_WORKER_", "PREFECT_SERVER_",
	"PREFECT_API_DATABASE_", "PREFECT_API_SERVICES_", "PREFECT_UI_", "PREFECT__",
}

// HandedDown reports whether a worker's setting, by variable name, goes to its tasks.
func HandedDown(setting string) bool {
	if !strings.HasPrefix(setting, "PREFECT_") {
		return false
	}
	for _, prefix := range leftBehind {
		if strings.HasPrefix(setting, prefix) {
			return false
		}
	}
	return true
}

// environment is the environment of the run: the worker's settings, what says whose
// run it is, then the job's own env, where null removes a variable. What a secret
// provides is left out.
func (s subject) environment(settings map[string]string, c config) map[string]string {
	env := map[string]string{}
	for name, value := range settings {
		if HandedDown(name) {
			env[name] = value
		}
	}
	for name, value := range s.attribution() {
		if value != "" {
			env[name] = value
		}
	}
	for name, value := range c.env {
		if value == nil {
			delete(env, name)
			continue
		}
		env[name] = *value
	}
	for name := range c.secrets() {
		delete(env, name)
	}
	return env
}

func (s subject) attribution() map[string]string {
	return map[string]string{
		"PREFECT__FLOW_RUN_ID":     field(s.flowRun, "id"),
		"PREFECT__WORKER_ID":       s.workerID,
		"PREFECT__WORKER_NAME":     s.workerName,
		"PREFECT__FLOW_ID":         s.flowID(),
		"PREFECT__FLOW_NAME":       field(s.flow, "name"),
		"PREFECT__DEPLOYMENT_ID":   s.deploymentID(),
		"PREFECT__DEPLOYMENT_NAME": field(s.deployment, "name"),
	}
}

// secrets are the variables that come out of Secrets Manager, with their ARNs.
func (c config) secrets() map[string]string {
	out := map[string]string{}
	if c.keySecret != "" {
		out["PREFECT_API_KEY"] = c.keySecret
	}
	if c.authSecret != "" {
		out["PREFECT_API_AUTH_STRING"] = c.authSecret
	}
	return out
}
