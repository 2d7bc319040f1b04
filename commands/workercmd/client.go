package workercmd

import (
	"log/slog"

	"ecsctl/commands/inputs"
	"ecsctl/internal/buildinfo"
	"ecsctl/prefect"
)

// newPrefectClient is a client of the API that the settings name.
func newPrefectClient(settings prefect.Settings, log *slog.Logger) (*prefect.Client, error) {
	inputs.UseOwnRoots()
	options, err := settings.ClientOptions()
	if err != nil {
		return nil, err
	}
	options.UserAgent, options.Logger = "ecsctl/"+buildinfo.Version(), log
	return prefect.New(options)
}
