package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ecsctl/internal/closest"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
)

// ErrNoSuchPool is what NoSuchPool's errors are.
var ErrNoSuchPool = errors.New("there is no work pool")

// NoSuchPool is the error about a work pool that the server does not have. It names the
// nearest that it has: whoever misspelled a name wants no new pool of it.
func NoSuchPool(ctx context.Context, api *prefect.Client, pool string) error {
	return hint.Add(fmt.Errorf("%w %q on this server", ErrNoSuchPool, pool), otherPools(ctx, api, pool)...)
}

// NearestPool is the work pool for ECS that a misspelled name most likely stands for; "" is none.
func NearestPool(ctx context.Context, api *prefect.Client, name string) string {
	names, err := ecsPools(ctx, api)
	if err != nil {
		return ""
	}
	near, _ := closest.Of(name, names)
	return near
}

// poolsNamed is how many pools an error lists.
const poolsNamed = 10

func otherPools(ctx context.Context, api *prefect.Client, pool string) []string {
	names, err := ecsPools(ctx, api)
	if err != nil {
		return nil // that there is no such pool is known all the same
	}
	if near, ok := closest.Of(pool, names); ok {
		return []string{fmt.Sprintf("did you mean %q?", near)}
	}
	if len(names) == 0 {
		return []string{"it has none of type ecs: check PREFECT_API_URL; `ecsctl bootstrap` sets up the first"}
	}
	var quoted []string
	for _, name := range names[:min(len(names), poolsNamed)] {
		quoted = append(quoted, strconv.Quote(name))
	}
	if more := len(names) - len(quoted); more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return []string{"those of type ecs are " + strings.Join(quoted, ", ")}
}

func ecsPools(ctx context.Context, api *prefect.Client) ([]string, error) {
	pools, err := api.WorkPools(ctx)
	var names []string
	for _, p := range pools {
		if p.Type == poolType {
			names = append(names, p.Name)
		}
	}
	return names, err
}

// hasLeftovers reports whether AWS has something of a pool that has lost its service. What
// cannot be looked at may be there.
func (w *world) hasLeftovers(ctx context.Context) bool {
	group := &logGroup{w: w}
	if err := group.find(ctx); err != nil || group.owned() {
		return true
	}
	groups, err := w.ownSecurityGroups(ctx)
	return err != nil || len(groups) > 0
}

// Unknown is the error of a teardown of a pool that nobody knows: neither the server, nor
// AWS in this account and region; nil when there is anything of it.
func (t *Teardown) Unknown(ctx context.Context) error {
	of := func(c Change) bool { return c.Action != Leave || c.Reason != notOurs }
	if t.w.onServer || slices.ContainsFunc(t.Changes, of) {
		return nil
	}
	err := fmt.Errorf("%w %q", ErrNoSuchPool, t.w.spec.Pool)
	if api := t.w.aws.Prefect; api != nil {
		err = NoSuchPool(ctx, api, t.w.spec.Pool)
	}
	err = fmt.Errorf("%w, and nothing of it in account %s, region %s", err, t.Identity.Account, t.Identity.Region)
	return hint.Add(err, "what was set up in another account or region is found there: see --profile and --region")
}
