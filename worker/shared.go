package worker

import (
	"log/slog"
	"slices"

	"ecsctl/jobtemplate"
	"ecsctl/worker/awsaccess"
)

// shared is what the pools of one worker have in common. One pool has it for itself.
type shared struct {
	pools     int
	metrics   *processMetrics
	clients   *awsaccess.Sets // and with them the rates
	sharers   *sharers
	resolve   *resolve
	networks  cache[jobtemplate.Network]
	places    *places
	limit     *limit
	ears      ears
	observers []*observer
}

// newShared has no limit of all pools together: that of one pool is its table's.
func newShared(o Options, pools int) *shared {
	s := &shared{pools: pools, metrics: newProcessMetrics(), resolve: newResolve(o),
		places: newPlaces(o.Concurrency, pools)}
	s.clients = awsaccess.NewSets(o.AWS, o.Rates, s.metrics.awsCalled)
	s.sharers = &sharers{clients: s.clients, byPool: map[string]int{}}
	return s
}

// label tells the metrics of pools apart.
func (s *shared) label(pool string) string {
	if s.pools == 1 {
		return ""
	}
	return pool
}

// observer is the one that reads the pool's queue, which may be that of others too.
func (s *shared) observer(o Options, log *slog.Logger, h *home) *observer {
	i := slices.IndexFunc(s.observers, func(known *observer) bool { return known.queue.Name == o.ObserverQueue })
	if i < 0 {
		i = len(s.observers)
		s.observers = append(s.observers, newObserve(o, log, s.metrics, s.clients))
	}
	s.observers[i].homes = append(s.observers[i].homes, h)
	return s.observers[i]
}
