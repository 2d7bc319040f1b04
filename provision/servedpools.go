package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/hint"
	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/provision/spec"
)

// servedPool is a pool that the worker of another one serves, too.
type servedPool struct {
	Pool string `json:"pool"`
	// Families are patterns of the task definition families of its flow runs, beside the one that workers make up.
	Families []string `json:"families,omitempty"`
}

// withServed puts a pool into the list, in the place of what the list has of it.
func withServed(list []servedPool, pool servedPool) []servedPool {
	out := append(withoutServed(list, pool.Pool), pool)
	slices.SortFunc(out, func(a, b servedPool) int { return cmp.Compare(a.Pool, b.Pool) })
	return out
}

func withoutServed(list []servedPool, pool string) []servedPool {
	return slices.DeleteFunc(slices.Clone(list), func(s servedPool) bool { return s.Pool == pool })
}

// servedNames are the pools' names for a sentence.
func servedNames(list []servedPool) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = fmt.Sprintf("%q", s.Pool)
	}
	if len(names) == 1 {
		return "pool " + names[0]
	}
	return "pools " + strings.Join(names, ", ")
}

// stillServed are those of the pools that are there and remember that this pool's worker serves them. One that was
// deleted, or made anew for another worker, is served no more.
func (w *world) stillServed(ctx context.Context, list []servedPool) ([]servedPool, error) {
	still := make([]bool, len(list))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i, s := range list {
		group.Go(func() error {
			found, err := w.aws.Prefect.ReadWorkPool(ctx, s.Pool)
			if errors.Is(err, prefect.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			template, err := parsePoolTemplate(found.BaseJobTemplate)
			still[i] = err == nil && template.marker.of() == w.spec.Pool
			return nil //nolint:nilerr // a pool whose template makes no sense is nobody's
		})
	}
	err := group.Wait()
	var out []servedPool
	for i, s := range list {
		if still[i] {
			out = append(out, s)
		}
	}
	return out, err
}

// servedFamilies are the patterns of EventBridge for the families of the pools that are served beside this one.
func (w *world) servedFamilies() []string {
	var out []string
	for _, s := range w.serves {
		out = append(append(out, jobtemplate.FamilyPrefix(s.Pool)+"*"), s.Families...)
	}
	return out
}

// checkServes refuses a worker that cannot serve the pools which it is to serve.
func (w *world) checkServes() error {
	if len(w.serves) == 0 || w.spec.Worker.Runtime != spec.RuntimePrefect {
		return nil
	}
	return hint.Add(fmt.Errorf("the worker of pool %q serves %s, too, and the official one serves one pool",
		w.spec.Pool, servedNames(w.serves)), takeOut(w.serves)...)
}

// takeOut are the commands that take pools out of the worker that they share.
func takeOut(list []servedPool) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("run `ecsctl teardown --pool %s` first", s.Pool)
	}
	return out
}

// ServedPools are the pools that a worker's task serves beside the one that it was made for.
func ServedPools(definition *types.TaskDefinition) []string {
	for _, c := range contentOf(definition).Containers {
		if pools := optionsIn(c.Command, "--pool"); c.Name == workerContainer && len(pools) > 1 {
			return pools[1:]
		}
	}
	return nil
}
