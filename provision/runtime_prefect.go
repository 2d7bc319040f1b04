package provision

import "maps"

// Images of the official worker. Prefect 3 has one with the worker inside, so nothing
// is installed at boot. Prefect 2 has none: its image installs prefect-aws, held
// below 0.5, because later ones replace Prefect 2 with Prefect 3 while they install.
const (
	prefect3Image = "prefecthq/prefect-aws:0.7-python3.12"
	prefect2Image = "prefecthq/prefect:2-latest"
	prefect2Pins  = "prefect-aws<0.5"
)

// healthPort is where the official worker answers GET /health
// (prefect/settings, worker.webserver.port).
const healthPort = "8080"

// prefectContainer runs the official Python worker, as the guide does.
func (w *world) prefectContainer() containerContent {
	image, start, startPeriod := prefect3Image, "", int32(60)
	environment := map[string]string{"PREFECT_API_URL": w.server.APIURL}
	if w.server.prefect2() {
		image, start, startPeriod = prefect2Image, "pip install --quiet '"+prefect2Pins+"' && ", 180
	} else {
		maps.Copy(environment, w.observerSettings())
	}
	if w.spec.Worker.Image != "" {
		image = w.spec.Worker.Image
	}
	// The host name keeps several workers of one service apart. The pool and the queues
	// are arguments of the shell, not part of its program, so no name needs quoting.
	program := start + `exec prefect worker start --name "$0-$(hostname)" "$@"`
	return containerContent{
		Name:        workerContainer,
		Image:       image,
		Command:     append([]string{"/bin/sh", "-c", program, w.spec.Names.Service}, w.workerArguments()...),
		Environment: environment,
		Secrets:     w.containerSecrets(),
		Health: &healthContent{
			Command: []string{"CMD-SHELL", `python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:` +
				healthPort + `/health', timeout=5)"`},
			Interval: 30, Timeout: 10, Retries: 3, StartPeriod: startPeriod,
		},
	}
}

const observerSettingsPrefix = "PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_"

// observerSettings are those of the official worker's observer, which without a queue
// fails again and again (prefect_aws/settings.py, EcsObserverSettings).
func (w *world) observerSettings() map[string]string {
	queue := w.observerQueue()
	if queue == "" {
		return map[string]string{observerSettingsPrefix + "ENABLED": "false"}
	}
	return map[string]string{
		observerSettingsPrefix + "SQS_QUEUE_NAME": queue, observerSettingsPrefix + "SQS_QUEUE_REGION": w.id.Region,
	}
}

// containerSecrets maps environment variables to the secrets they come from.
func (w *world) containerSecrets() map[string]string {
	secrets := map[string]string{}
	if arn := w.apiKeySecretARN(); arn != "" {
		secrets["PREFECT_API_KEY"] = arn
	}
	if w.server.AuthString != "" {
		secrets["PREFECT_API_AUTH_STRING"] = w.value(KindAuthStringSecret)
	}
	return secrets
}

// hasAPIKey reports whether the worker has an API key in a secret of bootstrap's.
func (w *world) hasAPIKey() bool {
	if w.host != nil {
		return w.host.secrets[KindAPIKeySecret] != ""
	}
	return w.server.APIKey != ""
}

// hasAuthString is hasAPIKey for the string of a server's basic authentication.
func (w *world) hasAuthString() bool {
	if w.host != nil {
		return w.host.secrets[KindAuthStringSecret] != ""
	}
	return w.server.AuthString != ""
}

// apiKeySecretARN is the ARN of the secret with the key, pending before it is made,
// and empty when there is no key.
func (w *world) apiKeySecretARN() string {
	if w.spec.Prefect.APIKeySecret != "" {
		return w.spec.Prefect.APIKeySecret
	}
	if !w.hasAPIKey() {
		return ""
	}
	return w.value(KindAPIKeySecret)
}
