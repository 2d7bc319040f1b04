package commands

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"ecsctl/internal/bounded"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// pollInterval is the time between two looks at something that is waited for.
const pollInterval = time.Second

// connect finds the credentials of AWS and Prefect and returns the options for
// package provision. The Spec in them has its region.
func connect(ctx context.Context, spec provision.Spec, streams Streams, verbose bool) (provision.Options, error) {
	opts := provision.Options{Version: version(), Logger: newLogger(streams.Err, verbose), PollInterval: pollInterval}
	api, err := connectPrefect(spec.Prefect, streams, &opts)
	if err != nil {
		return opts, err
	}
	return opts, connectAWS(ctx, spec, &opts, api)
}

// connectAWS fills in the clients and the Spec. api is nil when there is no server to ask.
func connectAWS(ctx context.Context, spec provision.Spec, opts *provision.Options, api *prefect.Client) (err error) {
	useOwnRoots()
	opts.Clients, err = provision.NewClients(ctx, spec.Region, spec.Profile, api, opts.Logger)
	if err != nil {
		return err
	}
	if opts.Clients.Region == "" {
		return provision.ErrNoRegion
	}
	opts.Spec = spec
	opts.Spec.Region = opts.Clients.Region
	return nil
}

// connectPrefect finds the API and the credentials, and leaves them in opts.
func connectPrefect(p provision.Prefect, streams Streams, opts *provision.Options) (*prefect.Client, error) {
	useOwnRoots()
	settings, err := discoverPrefect(p, streams.In)
	if err != nil {
		return nil, err
	}
	return prefectClient(settings, streams, opts)
}

// prefectClient makes a client of settings, and leaves the server in opts.
func prefectClient(settings prefect.Settings, streams Streams, opts *provision.Options) (*prefect.Client, error) {
	for _, warning := range settings.Warnings() {
		printf(streams.Err, "warning: %s\n", warning)
	}
	client, err := settings.ClientOptions()
	if err != nil {
		return nil, err
	}
	client.UserAgent, client.Logger = "ecsctl/"+version(), opts.Logger
	opts.Server = provision.Server{APIURL: settings.APIURL, APIKey: settings.APIKey, AuthString: settings.AuthString}
	return prefect.New(client)
}

// discoverPrefect finds the API URL and the credentials as Prefect's own tools do.
func discoverPrefect(p provision.Prefect, in io.Reader) (prefect.Settings, error) {
	overrides := prefect.Overrides{APIURL: p.APIURL, Profile: p.Profile, Found: p.Found}
	if p.APIKeyFile != "" {
		key, err := readKey(p.APIKeyFile, in)
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

// readKey reads an API key from a file, or from standard input for "-".
func readKey(path string, in io.Reader) (prefect.Secret, error) {
	var raw []byte
	var err error
	if path == "-" {
		raw, err = bounded.Read(in, maxKey)
	} else {
		raw, err = bounded.ReadFile(path, maxKey)
	}
	if err != nil {
		return "", fmt.Errorf("failed to read the API key: %w", err)
	}
	key := strings.TrimSpace(string(raw))
	if key == "" || strings.ContainsAny(key, "\r\n") {
		return "", usagef("--prefect-api-key-file %q does not hold one line with an API key", path)
	}
	return prefect.Secret(key), nil
}

func newLogger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
