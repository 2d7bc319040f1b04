package wizard

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/internal/buildinfo"
	"ecsctl/prefect"
)

func (w *wizard) needsServer() bool { return w.settings.APIURL == "" || w.settings.NeedsWorkspace() }

// connectPrefect makes the client, and finds out whether the server wants credentials
// where there are none.
func (w *wizard) connectPrefect(ctx context.Context) (err error) {
	if w.api, err = inputs.PrefectClient(w.settings, w.streams, &w.connection); err != nil {
		return err
	}
	w.connection.Clients.Prefect = w.api
	w.locked = false
	if w.settings.APIKey == "" && w.settings.AuthString == "" {
		_, err := w.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{Limit: 1})
		w.locked = errors.Is(err, prefect.ErrUnauthorized) // all else the next question meets too
	}
	return nil
}

func serverStep() step {
	return step{title: "Prefect", given: func(w *wizard) bool { return !w.needsServer() }, ask: askServer}
}

// Where Prefect can be.
const (
	inCloud  = "cloud"
	onServer = "server"
)

// askServer finds the API: the workspaces of a key for Prefect Cloud, which is asked for
// where there is none, or the address of a server.
func askServer(ctx context.Context, w *wizard) (string, error) {
	if w.typed {
		// What was typed for the answer before is asked for again.
		w.settings.APIURL, w.settings.APIKey, w.settings.AuthString, w.typed = "", "", "", false
	}
	if w.settings.NeedsWorkspace() {
		return w.askWorkspace(ctx)
	}
	q := prompt.Question{
		Title: "Where is Prefect?", Help: "No Prefect profile or variable names a server.", Default: []string{inCloud},
		Options: []prompt.Option{{Label: "Prefect Cloud  by an API key", Value: inCloud},
			{Label: "a self-hosted server  by its address", Value: onServer}},
	}
	for {
		where, err := w.ask(ctx, q)
		if err != nil {
			return "", err
		}
		q.Default = []string{where}
		shown, err := w.within(func() (string, error) {
			if where == inCloud {
				return w.askCloudKey(ctx)
			}
			return w.askServerURL(ctx, "As tasks in AWS reach it, such as https://prefect.example.com/api.")
		})
		if !errors.Is(err, prompt.ErrBack) {
			return shown, err
		}
	}
}

// askWorkspace lets one of the key's workspaces be picked.
func (w *wizard) askWorkspace(ctx context.Context) (string, error) {
	list, err := w.workspaces(ctx)
	if answer := (*prefect.APIError)(nil); errors.As(err, &answer) && answer.Status == 403 {
		return w.askServerURL(ctx, "Prefect Cloud does not let this key list workspaces (403). The address has the "+
			"ids of account and workspace.")
	}
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", fmt.Errorf("the Prefect API key can enter no workspace of Prefect Cloud")
	}
	q := prompt.Question{Title: "Prefect Cloud workspace", Help: "The workspaces that your API key can enter.",
		Default: []string{list[0].Handle()}}
	byHandle := map[string]prefect.Workspace{}
	for _, ws := range list {
		byHandle[ws.Handle()] = ws
		q.Options = append(q.Options, prompt.Option{
			Label: ws.Handle() + "  " + ws.AccountName + ", " + ws.WorkspaceName, Value: ws.Handle(),
		})
	}
	handle, err := w.ask(ctx, q)
	if err != nil {
		return "", err
	}
	return handle, w.useServer(ctx, byHandle[handle].APIURL(w.cloud()))
}

func (w *wizard) cloud() string {
	settings := w.settings
	settings.APIURL = ""
	return settings.CloudAPIURL()
}

func (w *wizard) workspaces(ctx context.Context) ([]prefect.Workspace, error) {
	settings := w.settings
	settings.APIURL = w.cloud()
	options, err := settings.ClientOptions()
	if err != nil {
		return nil, err
	}
	options.UserAgent, options.Logger = "ecsctl/"+buildinfo.Version(), w.connection.Logger
	client, err := prefect.New(options)
	if err != nil {
		return nil, err
	}
	return look(ctx, w, "the workspaces of Prefect Cloud", client.Workspaces)
}

func (w *wizard) askServerURL(ctx context.Context, help string) (string, error) {
	address, err := w.ask(ctx, prompt.Question{
		Title: "Prefect API URL", Help: help, Default: inputs.UnlessZero(w.spec.Prefect.APIURL, w.spec.Prefect.APIURL),
		Check: func(v []string) error {
			if parsed, err := url.Parse(v[0]); err != nil || parsed.Host == "" || parsed.User != nil {
				return errors.New("it has the form https://HOST/api, without a password")
			}
			return nil
		},
	})
	if err != nil {
		return "", err
	}
	return address, w.useServer(ctx, address)
}

// useServer takes an API URL as if it had been given by its flag.
func (w *wizard) useServer(ctx context.Context, address string) (err error) {
	needed := w.settings
	w.spec.Prefect.APIURL, w.settings.APIURL = address, address
	err = w.connectPrefect(ctx)
	w.settings = needed // so that the question is the same when it is asked again
	return err
}
