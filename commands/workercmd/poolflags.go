package workercmd

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/worker"
)

// readPoolFlags reads the pools, and the flags that may be for all of them or for one.
func readPoolFlags(c *cli.Context, opts *workerStartOptions) error {
	names := inputs.GivenOrEnv(c, "pool")
	if len(names) == 0 || slices.Contains(names, "") {
		return console.Usagef("worker start needs --pool: the name of the work pool to poll")
	}
	pools := make([]worker.PoolOptions, len(names))
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return console.Usagef("--pool %q is given twice: give each pool once", name)
		}
		pools[i] = worker.PoolOptions{Pool: name, ObserverQueue: opts.ObserverQueue}
	}
	if err := readLimits(c, opts, pools); err != nil {
		return err
	}
	readQueues(c, pools)
	if len(pools) > 1 {
		opts.Pools = pools
		return nil
	}
	one := pools[0]
	opts.Pool, opts.WorkQueues, opts.ObserverQueue = one.Pool, one.WorkQueues, one.ObserverQueue
	if one.Limit > 0 && (opts.Limit == 0 || one.Limit < opts.Limit) {
		opts.Limit = one.Limit
	}
	return nil
}

// readLimits reads --limit: a number is for all pools together.
func readLimits(c *cli.Context, opts *workerStartOptions, pools []worker.PoolOptions) error {
	for _, given := range inputs.GivenOrEnv(c, "limit") {
		pool, text := ofPool(pools, given)
		n, err := strconv.Atoi(text)
		if name, _, named := strings.Cut(given, "="); err != nil && named && pool == nil {
			return console.Usagef("--limit %s: %q is none of the pools that --pool names", given, name)
		}
		switch {
		case err != nil || n < 1:
			return console.Usagef("--limit %s: give a number of flow runs, 1 or more", given)
		case pool == nil:
			opts.Limit = n
		default:
			pool.Limit = n
		}
	}
	return nil
}

// readQueues reads --work-queue and --observer-queue. Without a pool they are for all that have none
// of their own.
func readQueues(c *cli.Context, pools []worker.PoolOptions) {
	var forAll []string
	for _, given := range inputs.Given(c, "work-queue") {
		if pool, queue := ofPool(pools, given); pool != nil && len(pools) > 1 {
			pool.WorkQueues = append(pool.WorkQueues, queue)
			continue
		}
		forAll = append(forAll, given)
	}
	for i := range pools {
		if pools[i].WorkQueues == nil {
			pools[i].WorkQueues = forAll
		}
	}
	queues := inputs.GivenOrEnv(c, "observer-queue")
	for _, given := range queues { // those for all first
		if pool, queue := ofPool(pools, given); pool == nil {
			for i := range pools {
				pools[i].ObserverQueue = queue
			}
		}
	}
	for _, given := range queues {
		if pool, queue := ofPool(pools, given); pool != nil {
			pool.ObserverQueue = queue
		}
	}
}

// ofPool takes POOL=VALUE apart: the pool, whose name may hold "=", too. nil: the value is for all.
func ofPool(pools []worker.PoolOptions, given string) (*worker.PoolOptions, string) {
	var found *worker.PoolOptions
	for i := range pools {
		if strings.HasPrefix(given, pools[i].Pool+"=") && (found == nil || len(found.Pool) < len(pools[i].Pool)) {
			found = &pools[i]
		}
	}
	if found == nil {
		return nil, given
	}
	return found, given[len(found.Pool)+1:]
}
