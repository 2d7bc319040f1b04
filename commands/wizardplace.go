package commands

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"ecsctl/commands/prompt"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// begin finds out who and where we are, and says so before anything is asked.
func (w *wizard) begin(ctx context.Context) (err error) {
	w.connection = provision.Options{Version: version(), Logger: newLogger(w.streams.Err, w.opts.Verbose), PollInterval: pollInterval}
	if err := w.connectRegion(ctx, w.spec.Region); err != nil {
		return err
	}
	if w.identity, err = look(ctx, w, "the AWS account", func(ctx context.Context) (provision.Identity, error) {
		return provision.WhoAmI(ctx, w.connection.Clients)
	}); err != nil {
		return err
	}
	if w.alias, err = provision.AccountAlias(ctx, w.connection.Clients); err != nil {
		return err
	}
	if w.settings, err = discoverPrefect(w.spec.Prefect, w.streams.In); err != nil {
		return err
	}
	printf(w.streams.Err, "AWS account %s, region %s\n  as %s\n  (another account: stop, and pass --profile or AWS_PROFILE)\n", w.account(), w.identity.Region, w.identity.Caller)
	if !w.needsServer() {
		printf(w.streams.Err, "Prefect API %s\n  from %s\n", w.settings.APIURL, w.settings.Sources["PREFECT_API_URL"])
		err = w.connectPrefect()
	}
	printf(w.streams.Err, "\n")
	return err
}

// account is the account's number, with its alias when it has one.
func (w *wizard) account() string {
	if w.alias == "" {
		return w.identity.Account
	}
	return w.identity.Account + " (" + w.alias + ")"
}

// connectRegion makes the AWS clients for a region; empty means what AWS's own tools find.
func (w *wizard) connectRegion(ctx context.Context, region string) error {
	clients, err := provision.NewClients(ctx, region, w.spec.Profile, w.api, w.connection.Logger)
	if err == nil && clients.Region == "" {
		// Any region of the ordinary partition says who we are; the question comes next.
		clients, err = provision.NewClients(ctx, provision.PriceRegion, w.spec.Profile, w.api, w.connection.Logger)
	}
	if err != nil {
		return err
	}
	w.connection.Clients, w.identity.Region = clients, clients.Region
	return nil
}

func (w *wizard) needsServer() bool { return w.settings.APIURL == "" || w.settings.NeedsWorkspace() }

func (w *wizard) connectPrefect() (err error) {
	if w.api, err = prefectClient(w.settings, w.streams, &w.connection); err != nil {
		return err
	}
	w.connection.Clients.Prefect = w.api
	return nil
}

func regionStep() step {
	return step{title: "Region", given: func(w *wizard) bool { return w.spec.Region != "" }, ask: askRegion}
}

func askRegion(ctx context.Context, w *wizard) (string, error) {
	q := prompt.Question{
		Title: "AWS region", Default: []string{w.identity.Region},
		Help: "Where everything is made, in account " + w.account() + ".",
	}
	regions, err := look(ctx, w, "the regions", func(ctx context.Context) ([]string, error) { return provision.Regions(ctx, w.connection.Clients) })
	switch {
	case provision.Denied(err):
		q.Help = denied("the regions") + q.Help
		q.Check = matches(regexp.MustCompile(`^[a-z]+(-[a-z]+)+-\d+$`), "a region looks like eu-west-1")
	case err != nil:
		return "", err
	default:
		q.Options = plainOptions(regions)
	}
	region, err := w.ask(ctx, q)
	if err != nil {
		return "", err
	}
	w.spec.Region = region
	return region, w.connectRegion(ctx, region)
}

func serverStep() step {
	return step{title: "Prefect", given: func(w *wizard) bool { return !w.needsServer() }, ask: askServer}
}

// askServer finds the API: the workspaces of a Cloud key, else an address.
func askServer(ctx context.Context, w *wizard) (string, error) {
	if !w.settings.NeedsWorkspace() {
		return w.askServerURL(ctx, "No Prefect profile or variable names a server. For Prefect Cloud, stop and run `prefect cloud login` or set PREFECT_API_KEY.")
	}
	list, err := w.workspaces(ctx)
	if answer := (*prefect.APIError)(nil); errors.As(err, &answer) && answer.Status == 403 {
		return w.askServerURL(ctx, "Prefect Cloud does not let this key list workspaces (403). The address has the ids of account and workspace.")
	}
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", fmt.Errorf("the Prefect API key can enter no workspace of Prefect Cloud")
	}
	q := prompt.Question{Title: "Prefect Cloud workspace", Help: "The workspaces that your API key can enter.", Default: []string{list[0].Handle()}}
	byHandle := map[string]prefect.Workspace{}
	for _, ws := range list {
		byHandle[ws.Handle()] = ws
		q.Options = append(q.Options, prompt.Option{Label: ws.Handle() + "  " + ws.AccountName + ", " + ws.WorkspaceName, Value: ws.Handle()})
	}
	handle, err := w.ask(ctx, q)
	if err != nil {
		return "", err
	}
	return handle, w.useServer(byHandle[handle].APIURL(w.cloud()))
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
	options.UserAgent, options.Logger = "ecsctl/"+version(), w.connection.Logger
	client, err := prefect.New(options)
	if err != nil {
		return nil, err
	}
	return look(ctx, w, "the workspaces of Prefect Cloud", client.Workspaces)
}

func (w *wizard) askServerURL(ctx context.Context, help string) (string, error) {
	address, err := w.ask(ctx, prompt.Question{
		Title: "Prefect API URL", Help: help, Default: unlessZero(w.spec.Prefect.APIURL, w.spec.Prefect.APIURL),
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
	return address, w.useServer(address)
}

// useServer takes an API URL as if it had been given by its flag.
func (w *wizard) useServer(address string) (err error) {
	needed := w.settings
	w.spec.Prefect.APIURL, w.settings.APIURL = address, address
	err = w.connectPrefect()
	w.settings = needed // so that the question is the same when it is asked again
	return err
}

func plainOptions(values []string) []prompt.Option {
	out := make([]prompt.Option, len(values))
	for i, v := range values {
		out[i] = prompt.Option{Label: v, Value: v}
	}
	return out
}

// matches is a check of one value by a pattern.
func matches(pattern *regexp.Regexp, say string) func([]string) error {
	return func(v []string) error {
		if !pattern.MatchString(v[0]) {
			return errors.New(say)
		}
		return nil
	}
}
