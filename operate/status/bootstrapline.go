package status

import (
	"context"

	"ecsctl/internal/shellword"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// BootstrapLine is the command line of a bootstrap that keeps what an earlier one chose,
// with changes. Where that cannot be recalled it is one that asks before it writes.
func BootstrapLine(ctx context.Context, o *Options, pool string, changes ...func(*spec.Spec)) string {
	plain := "ecsctl bootstrap --pool " + shellword.Quote(pool)
	if o == nil {
		return plain
	}
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), LookingTime)
	defer cancel()
	options := o.Options
	options.Spec.Pool = pool
	// What was recalled before something could not be read is better than nothing.
	recalled, err := provision.Recall(looking, options)
	if err != nil && recalled.Spec.Pool == "" {
		return plain
	}
	for _, change := range changes {
		change(&recalled.Spec)
	}
	return o.Bootstrap(recalled.Spec)
}
