package inputs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ecsctl/commands/console"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/provision"
)

// WithMFACodes returns a context in which AWS profiles that need MFA codes ask for them, if
// somebody is there to answer.
func WithMFACodes(ctx context.Context, streams console.Streams) context.Context {
	if !streams.CanPrompt {
		return ctx
	}
	return provision.WithCodes(ctx, func(ctx context.Context, profile, device string) (string, error) {
		console.ReportingOf(ctx).StopLooking()
		raw, err := prompt.ReadSecret(ctx, streams.In, streams.Err,
			fmt.Sprintf("MFA code of %s for AWS profile %s, which is not shown:", device, profile))
		if err != nil {
			return "", fmt.Errorf("failed to read the MFA code: %w", err)
		}
		code := strings.TrimSpace(string(raw))
		if code == "" {
			return "", errors.New("no MFA code was given")
		}
		return code, nil
	})
}
