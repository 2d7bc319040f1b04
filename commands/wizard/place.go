package wizard

import (
	"context"
	"errors"
	"regexp"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/internal/awserr"
	"ecsctl/internal/buildinfo"
	"ecsctl/internal/fargate"
	"ecsctl/provision"
)

// begin finds out who and where we are, and says so before anything is asked.
func (w *wizard) begin(ctx context.Context) (err error) {
	w.connection = provision.Options{
		Version: buildinfo.Version(), Logger: inputs.NewLogger(w.streams.Err, w.opts.Verbose),
		PollInterval: inputs.PollInterval,
	}
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
	if w.settings, err = inputs.DiscoverPrefect(ctx, w.spec.Prefect, w.streams); err != nil {
		return err
	}
	console.ReportingOf(ctx).SetClients(w.connection.Clients)
	console.Printf(w.streams.Err,
		"AWS account %s, region %s\n  as %s\n  (another account: stop, and pass --profile or AWS_PROFILE)\n",
		w.account(), w.identity.Region, console.Named(ctx, w.streams.Err, w.opts.Verbose, w.identity.Caller))
	if !w.needsServer() {
		console.Printf(w.streams.Err, "Prefect API %s\n  from %s\n", w.settings.APIURL,
			w.settings.Sources["PREFECT_API_URL"])
		err = w.connectPrefect(ctx)
	}
	console.Printf(w.streams.Err, "\n")
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
		clients, err = provision.NewClients(ctx, fargate.PriceRegion, w.spec.Profile, w.api, w.connection.Logger)
	}
	if err != nil {
		return err
	}
	w.connection.Clients, w.identity.Region = clients, clients.Region
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
	regions, err := look(ctx, w, "the regions", func(ctx context.Context) ([]string, error) {
		return provision.Regions(ctx, w.connection.Clients)
	})
	switch {
	case awserr.Denied(err):
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
