package inputs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"ecsctl/commands/console"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/internal/bounded"
	"ecsctl/internal/buildinfo"
	"ecsctl/internal/cabundle"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// PollInterval is the time between two looks at something that is waited for.
const PollInterval = time.Second

// Connect finds the credentials of AWS and Prefect and returns the options for
// package provision. The Spec in them has its region.
func Connect(ctx context.Context, spec spec.Spec, streams console.Streams, verbose bool) (provision.Options, error) {
	opts := provision.Options{
		Version: buildinfo.Version(), Logger: NewLogger(streams.Err, verbose), PollInterval: PollInterval,
	}
	if err := UseCABundle(ctx, spec.Profile); err != nil {
		return opts, err
	}
	api, err := ConnectPrefect(ctx, spec.Prefect, streams, &opts)
	if err != nil {
		return opts, err
	}
	return opts, ConnectAWS(ctx, spec, &opts, api)
}

// ConnectAWS fills in the clients and the Spec. api is nil when there is no server to ask.
func ConnectAWS(ctx context.Context, spec spec.Spec, opts *provision.Options, api *prefect.Client) (err error) {
	UseOwnRoots()
	if err := UseCABundle(ctx, spec.Profile); err != nil {
		return err
	}
	opts.Clients, err = provision.NewClients(ctx, spec.Region, spec.Profile, api, opts.Logger)
	if err != nil {
		return err
	}
	if opts.Clients.Region == "" {
		return provision.ErrNoRegion
	}
	console.ReportingOf(ctx).SetClients(opts.Clients)
	opts.Spec = spec
	opts.Spec.Region = opts.Clients.Region
	return nil
}

// ConnectPrefect finds the API and the credentials, and leaves them in opts.
func ConnectPrefect(ctx context.Context, p spec.Prefect, streams console.Streams,
	opts *provision.Options) (*prefect.Client, error) {
	UseOwnRoots()
	settings, err := DiscoverPrefect(ctx, p, streams)
	if err != nil {
		return nil, err
	}
	return PrefectClient(settings, streams, opts)
}

// PrefectClient makes a client of settings, and leaves the server in opts.
func PrefectClient(settings prefect.Settings, streams console.Streams,
	opts *provision.Options) (*prefect.Client, error) {
	for _, warning := range settings.Warnings() {
		console.Printf(streams.Err, "warning: %s\n", warning)
	}
	client, err := settings.ClientOptions()
	if err != nil {
		return nil, err
	}
	if client.TLS == nil {
		client.TLS = cabundle.TLS()
	}
	client.UserAgent, client.Logger = "ecsctl/"+buildinfo.Version(), opts.Logger
	opts.Server = provision.Server{APIURL: settings.APIURL, APIKey: settings.APIKey, AuthString: settings.AuthString}
	return prefect.New(client)
}

// DiscoverPrefect finds the API URL and the credentials as Prefect's own tools do.
func DiscoverPrefect(ctx context.Context, p spec.Prefect, streams console.Streams) (prefect.Settings, error) {
	overrides := prefect.Overrides{APIURL: p.APIURL, Profile: p.Profile, Found: p.Found}
	if p.APIKeyFile != "" {
		key, err := readKey(ctx, p.APIKeyFile, streams)
		if err != nil {
			return prefect.Settings{}, err
		}
		overrides.APIKey = key
	}
	dir, err := os.Getwd()
	if err != nil {
		return prefect.Settings{}, fmt.Errorf("failed to find the working directory: %w", err)
	}
	return prefect.Discover(os.Environ(), dir, overrides)
}

// maxKey is more than any key has.
const maxKey = 64 << 10

// readKey reads an API key from a file, or from standard input for "-": a person's is not
// shown.
func readKey(ctx context.Context, path string, streams console.Streams) (prefect.Secret, error) {
	var raw []byte
	var err error
	switch {
	case path != "-":
		raw, err = bounded.ReadFile(path, maxKey)
	case streams.CanPrompt:
		raw, err = prompt.ReadSecret(ctx, streams.In, streams.Err, "Prefect API key, which is not shown:")
	default:
		raw, err = bounded.Read(streams.In, maxKey)
	}
	if err != nil {
		return "", fmt.Errorf("failed to read the API key: %w", err)
	}
	key := strings.TrimSpace(string(raw))
	if key == "" || strings.ContainsAny(key, "\r\n") {
		return "", console.Usagef("--prefect-api-key-file %q does not hold one line with an API key", path)
	}
	return prefect.Secret(key), nil
}

// NewLogger returns a logger for warnings, and for everything if verbose.
func NewLogger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
