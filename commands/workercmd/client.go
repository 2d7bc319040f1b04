package workercmd

import (
	"context"
	"log/slog"

	"ecsctl/commands/inputs"
	"ecsctl/internal/buildinfo"
	"ecsctl/internal/cabundle"
	"ecsctl/prefect"
)

// newPrefectClient is a client of the API that the settings name.
func newPrefectClient(settings prefect.Settings, log *slog.Logger) (*prefect.Client, error) {
	inputs.UseOwnRoots()
	if err := inputs.UseCABundle(context.Background(), ""); err != nil {
		return nil, err
	}
	options, err := settings.ClientOptions()
	if err != nil {
		return nil, err
	}
	if options.TLS == nil {
		options.TLS = cabundle.TLS()
	}
	options.UserAgent, options.Logger = "ecsctl/"+buildinfo.Version(), log
	return prefect.New(options)
}
