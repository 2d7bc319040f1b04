package commands

import (
	"log/slog"

	"ecsctl/prefect"
)

// newPrefectClient is a client of the API that the settings name.
func newPrefectClient(settings prefect.Settings, log *slog.Logger) (*prefect.Client, error) {
	useOwnRoots()
	options, err := settings.ClientOptions()
	if err != nil {
		return nil, err
	}
	options.UserAgent, options.Logger = "ecsctl/"+version(), log
	return prefect.New(options)
}
