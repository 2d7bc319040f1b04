package workercmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/worker"
)

// What is said of one pool is so for that one, the rest for all of them.
func TestWorkerStartPools(t *testing.T) {
	for name, tc := range map[string]struct {
		env, line string
		limit     int
		want      []worker.PoolOptions
	}{
		"one": {"", "--pool a --limit 5", 5, nil},
		"each and all": {"", "-p a -p b=c --limit 10 --limit b=c=3", 10,
			[]worker.PoolOptions{{Pool: "a"}, {Pool: "b=c", Limit: 3}}},
		"queues": {"", "--pool a --pool b -q high -q b=low -q c=x --observer-queue all --observer-queue a=mine", 0,
			[]worker.PoolOptions{{Pool: "a", WorkQueues: []string{"high", "c=x"}, ObserverQueue: "mine"},
				{Pool: "b", WorkQueues: []string{"low"}, ObserverQueue: "all"}}},
		"variables": {"ECSCTL_POOL=a,b ECSCTL_LIMIT=7,a=2", "", 7,
			[]worker.PoolOptions{{Pool: "a", Limit: 2}, {Pool: "b"}}},
		"flags go before variables": {"ECSCTL_POOL=a,b ECSCTL_LIMIT=7", "--pool x,y --limit 3", 3, nil},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t, strings.Fields(tc.env)...)
			o := readStart(t, strings.Fields(tc.line)...)
			if o.Limit != tc.limit {
				t.Errorf("got limit %d", o.Limit)
			}
			if diff := cmp.Diff(tc.want, o.Pools); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOnePoolIsNoneOfSeveral(t *testing.T) {
	alone(t)
	o := readStart(t, "--pool", "a,b", "--limit", "9", "--limit", "a,b=4", "-q", "a,b=x", "--observer-queue", "a,b=q")
	if o.Pool != "a,b" || o.Limit != 4 || o.ObserverQueue != "q" || o.Pools != nil {
		t.Errorf("got %+v", o)
	}
	if diff := cmp.Diff([]string{"a,b=x"}, o.WorkQueues); diff != "" {
		t.Error(diff) // the name of a work queue may be like that
	}
}
