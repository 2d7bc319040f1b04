package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/provision/spec"
)

// host is the worker of another pool, as far as a pool that it serves, too, has to do with it.
type host struct {
	w          *world // of its pool, with the Spec that the pool remembers
	pool       *workPool
	definition *taskDefinition
	service    *service
	// secrets are the ARNs of the worker's credentials; those that bootstrap did not make are in the Spec.
	secrets map[Kind]string
}

// lookAhead is newWorld with a look at the pool at the same time: what it remembers says which resources there are.
func lookAhead(ctx context.Context, opts Options) (*world, error) {
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	var pool *prefect.WorkPool
	var unread error
	done := make(chan struct{})
	go func() {
		defer close(done)
		pool, unread = opts.Clients.Prefect.ReadWorkPool(reading, opts.Spec.Pool)
	}()
	w, err := newWorld(ctx, opts)
	if err != nil {
		cancel()
	}
	<-done
	if err == nil && unread != nil && !errors.Is(unread, prefect.ErrNotFound) {
		err = unread
	}
	w.ahead = pool
	return w, err
}

// readPool reads the pool, unless that was done ahead.
func (w *world) readPool(ctx context.Context) (*prefect.WorkPool, error) {
	if pool := w.ahead; pool != nil {
		w.ahead = nil
		return pool, nil
	}
	return w.aws.Prefect.ReadWorkPool(ctx, w.spec.Pool)
}

// meetWorkers finds out which worker serves the pool, and which pools are served by its own.
func (w *world) meetWorkers(ctx context.Context) error {
	var marker poolMarker
	if w.ahead != nil {
		template, err := parsePoolTemplate(w.ahead.BaseJobTemplate)
		if err != nil {
			return fmt.Errorf("work pool %q: %w", w.spec.Pool, err)
		}
		marker = template.marker
	}
	var err error
	if w.serves, err = w.stillServed(ctx, marker.Serves); err != nil {
		return err
	}
	w.spec.Worker.Of = cmp.Or(w.spec.Worker.Of, marker.of())
	if w.spec.Worker.Of == "" {
		return w.checkServes()
	}
	if !w.recalled {
		if err := w.spec.CheckOf(); err != nil {
			return err
		}
	}
	if err := w.checkMove(marker); err != nil {
		return err
	}
	h, err := w.findHost(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(h.check(w), w.checkNoOwnWorker(ctx, marker, h)); err != nil {
		return err
	}
	return w.takeHost(h)
}

// checkMove refuses to go from one worker to another while the first still serves.
func (w *world) checkMove(m poolMarker) error {
	pool, of := w.spec.Pool, w.spec.Worker.Of
	switch was := m.of(); {
	case was != "" && was != of:
		return hint.Add(fmt.Errorf("work pool %q is served by the worker of pool %q, not of %q", pool, was, of),
			fmt.Sprintf("run `ecsctl teardown --pool %s --keep-pool` first", pool))
	case len(w.serves) > 0:
		return hint.Add(fmt.Errorf("the worker of pool %q serves %s, so the pool needs a worker of its own", pool,
			servedNames(w.serves)), "name a pool that is served by no other worker with --pool")
	}
	return nil
}

// findHost reads the other pool and its worker. It takes the Spec that the pool remembers.
func (w *world) findHost(ctx context.Context) (*host, error) {
	of := w.spec.Worker.Of
	found, err := w.aws.Prefect.ReadWorkPool(ctx, of)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil, hint.Add(noHost("there is no work pool %q, whose worker pool %q is to share", of, w.spec.Pool),
			fmt.Sprintf("make it with `ecsctl bootstrap --pool %s`, or check --prefect-api-url", of))
	}
	if err != nil {
		return nil, err
	}
	if err := CheckPlace(found, w.id); err != nil {
		return nil, err
	}
	template, err := parsePoolTemplate(found.BaseJobTemplate)
	if err != nil {
		return nil, fmt.Errorf("work pool %q: %w", of, err)
	}
	if err := checkHosts(of, template.marker); err != nil {
		return nil, err
	}
	hw := &world{
		version: w.version, id: w.id, aws: w.aws, server: w.server, log: w.log, poll: w.poll, recalled: true,
		known: map[Kind]string{},
	}
	hw.resume(template.marker, Options{Spec: spec.Spec{Pool: of, Region: w.spec.Region}})
	hw.pool = &workPool{w: hw, asFound: true, found: found, template: template}
	h := &host{w: hw, pool: hw.pool, definition: &taskDefinition{w: hw}, service: &service{w: hw, rolls: true}}
	h.definition.edit = h.edited
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return hw.pool.findJob(gctx) })
	group.Go(func() error { return h.definition.find(gctx) })
	group.Go(func() error { return h.service.find(gctx) })
	group.Go(func() (err error) { hw.serves, err = hw.stillServed(gctx, template.marker.Serves); return err })
	return h, group.Wait()
}

// noHostError is that a pool has no worker that can serve another pool.
type noHostError struct{ error }

func noHost(format string, args ...any) error { return &noHostError{fmt.Errorf(format, args...)} }

// checkHosts refuses a pool whose marker tells of no worker that can serve another pool.
func checkHosts(pool string, m poolMarker) error {
	again := fmt.Sprintf("run `ecsctl bootstrap --pool %s` first", pool)
	switch {
	case m.Version == 0:
		return hint.Add(noHost("work pool %q was not set up by ecsctl: it has no worker to share", pool), again)
	case m.Version < markerVersion:
		return hint.Add(noHost("work pool %q was set up by an older ecsctl, which did not remember how", pool), again)
	case m.of() != "":
		return hint.Add(noHost("work pool %q has no worker of its own: that of pool %q serves it", pool, m.of()),
			"name that one: --worker-of "+m.of())
	case m.Choices != nil && m.Choices.Worker.Runtime == spec.RuntimePrefect:
		return hint.Add(noHost("the worker of pool %q is the official one, which serves one pool", pool),
			fmt.Sprintf("give it ours with `ecsctl bootstrap --pool %s --runtime %s`, or leave out --worker-of", pool,
				spec.RuntimeECSCTL))
	}
	return nil
}

// check refuses a worker that is not there as its pool remembers it, or works for another server.
func (h *host) check(w *world) error {
	again := fmt.Sprintf("run `ecsctl bootstrap --pool %s` first", h.w.spec.Pool)
	name := h.service.name()
	if !h.service.owned() || h.definition.found == nil {
		return hint.Add(fmt.Errorf("pool %q has no worker: there is no service %q of ecsctl's in cluster %q",
			h.w.spec.Pool, name, shortName(h.w.spec.Cluster)), again)
	}
	container := h.container()
	if !slices.Equal(container.EntryPoint, []string{binaryInImage}) {
		return hint.Add(fmt.Errorf("service %q does not run ecsctl's worker", name), again)
	}
	if url := container.Environment["PREFECT_API_URL"]; url != w.server.APIURL {
		return hint.Add(fmt.Errorf("the worker of pool %q works for the Prefect server at %s, and this is %s",
			h.w.spec.Pool, url, w.server.APIURL), "check --prefect-api-url, or leave out --worker-of")
	}
	if named := w.spec.Cluster; named != "default" && shortName(named) != shortName(h.w.spec.Cluster) {
		return hint.Add(fmt.Errorf("the worker of pool %q is in cluster %q, and pool %q is to run in %q", h.w.spec.Pool,
			shortName(h.w.spec.Cluster), w.spec.Pool, shortName(named)), "leave out --cluster, or --worker-of")
	}
	return nil
}

// container is the worker's own.
func (h *host) container() containerContent {
	for _, c := range contentOf(h.definition.found).Containers {
		if c.Name == workerContainer {
			return c
		}
	}
	return containerContent{}
}

// checkNoOwnWorker refuses a pool that an earlier bootstrap gave a worker.
func (w *world) checkNoOwnWorker(ctx context.Context, m poolMarker, h *host) error {
	if m.of() != "" {
		return nil
	}
	own := &world{spec: w.spec, aws: w.aws, id: w.id, known: map[Kind]string{}}
	own.spec.Cluster = cmp.Or(m.Cluster, h.w.spec.Cluster)
	if m.Names != nil {
		own.spec.Names = *m.Names
	}
	s, r := &service{w: own}, newWorkerRole(own)
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.find(gctx) })
	group.Go(func() error { return r.find(gctx) })
	if err := group.Wait(); err != nil {
		return err
	}
	if !s.owned() && !r.owned() {
		return nil
	}
	return hint.Add(fmt.Errorf("work pool %q has a worker of its own, service %q", w.spec.Pool, s.name()),
		fmt.Sprintf("run `ecsctl teardown --pool %s --keep-pool` first, then the same command again", w.spec.Pool))
}

// takeHost makes the Spec one of a pool that the host's worker serves.
func (w *world) takeHost(h *host) error {
	if names := w.spec.Names; names != names.TakeWorker(h.w.spec.Names) {
		usual := spec.DeriveNames(w.spec.Pool, w.spec.Region)
		if names.TakeWorker(usual) != names {
			return hint.Add(fmt.Errorf("pool %q is served by the worker of pool %q: what is the worker's "+
				"has the names that it has there", w.spec.Pool, h.w.spec.Pool),
				"leave out the flags that name what is the worker's")
		}
	}
	w.host = h
	w.spec.Names = w.spec.Names.TakeWorker(h.w.spec.Names)
	w.spec.Cluster, w.spec.Observer = h.w.spec.Cluster, h.w.spec.Observer
	w.spec.Worker.LogGroup = h.w.spec.Names.LogGroup
	has := contentOfService(h.service.found, h.w.spec)
	w.spec.Network = spec.Network{
		Subnets: has.Subnets, SecurityGroups: has.SecurityGroups, AssignPublicIP: strings.ToLower(has.AssignPublicIP),
	}
	w.network = &networkFinder{api: w.aws.EC2, want: w.spec.Network, private: w.spec.FlowRuns.ManagesInstances()}
	h.secrets = map[Kind]string{}
	secrets := h.container().Secrets
	if key := secrets["PREFECT_API_KEY"]; key != "" && !h.w.spec.OwnSecret(key) {
		w.spec.Prefect.APIKeySecret = key
	} else if key != "" {
		h.secrets[KindAPIKeySecret] = key
	}
	if auth := secrets["PREFECT_API_AUTH_STRING"]; auth != "" {
		h.secrets[KindAuthStringSecret] = auth
	}
	for kind, arn := range h.secrets {
		w.setValue(kind, arn)
	}
	return nil
}

// serve adds the pool to those of the host's worker, once it is known what its flow runs take.
func (h *host) serve(w *world) {
	h.w.serves = withServed(h.w.serves, servedPool{Pool: w.spec.Pool, Families: w.flowRunFamilies()[1:]})
}

// edited is the host's task with the pools that its worker is to serve.
func (h *host) edited(has taskContent) taskContent {
	has.Containers = slices.Clone(has.Containers)
	for i := range has.Containers {
		if has.Containers[i].Name == workerContainer {
			has.Containers[i].Command = h.w.ecsctlCommand()
		}
	}
	return has
}

// runs reports whether a service of the host's is there.
func (h *host) runs() bool {
	return h.service.owned() && h.definition.found != nil && aws.ToString(h.service.found.Status) == "ACTIVE"
}
