package wizard

import (
	"context"
	"errors"

	"ecsctl/commands/wizard/prompt"
	"ecsctl/prefect"
)

// keyHelp says what becomes of a key that is typed.
const keyHelp = "It is not shown, and goes to AWS Secrets Manager and nowhere else."

func (w *wizard) askKey(ctx context.Context, title, help string) (prefect.Secret, error) {
	key, err := w.ask(ctx, prompt.Question{
		Title: title, Help: help, Secret: true,
		Check: func(v []string) error {
			if v[0] == "" {
				return errors.New("paste it and press Enter")
			}
			return nil
		},
	})
	return prefect.Secret(key), err
}

// askCloudKey asks until Prefect Cloud takes the key, and then for its workspace.
func (w *wizard) askCloudKey(ctx context.Context) (string, error) {
	help := "Create one in Prefect Cloud under API keys. " + keyHelp
	for {
		key, err := w.askKey(ctx, "Prefect Cloud API key", help)
		if err != nil {
			return "", err
		}
		w.settings.APIKey, w.typed = key, true
		shown, err := w.askWorkspace(ctx)
		if !errors.Is(err, prefect.ErrUnauthorized) && !errors.Is(err, prompt.ErrBack) {
			return shown, err
		}
		w.settings.APIKey, w.typed = "", false
		if errors.Is(err, prefect.ErrUnauthorized) {
			help = "Prefect Cloud refused that key. " + keyHelp
		}
	}
}

// credentialsStep is for a server that wants credentials where none were found.
func credentialsStep() step {
	return step{
		title: "Credentials", given: func(*wizard) bool { return false },
		decided: func(w *wizard) (string, bool) { return "", !w.locked },
		ask:     askCredentials,
	}
}

func askCredentials(ctx context.Context, w *wizard) (string, error) {
	title, help := "Auth string of the Prefect server", "The server needs credentials, and none were found. "
	if w.api.IsCloud() {
		title = "Prefect Cloud API key"
	}
	for {
		secret, err := w.askKey(ctx, title, help+keyHelp)
		if err != nil {
			return "", err
		}
		w.settings.APIURL, w.typed = w.api.APIURL(), true
		if w.api.IsCloud() {
			w.settings.APIKey = secret
		} else {
			w.settings.AuthString = secret
		}
		if err := w.connectPrefect(ctx); err != nil {
			return "", err
		}
		_, err = w.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{Limit: 1})
		if !errors.Is(err, prefect.ErrUnauthorized) {
			return "given, not shown", err
		}
		w.settings.APIKey, w.settings.AuthString, help = "", "", "The server refused that. "
	}
}
