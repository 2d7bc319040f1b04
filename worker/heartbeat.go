package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/templates"
)

// snapshot is what a worker knows of its server and pool. It is never changed, only
// replaced: a launch works with the one that it began with.
type snapshot struct {
	pool     *prefect.WorkPool
	rawPool  json.RawMessage
	version  string // of the server
	workerID string // empty until the server has told it
	refused  error  // why nothing is launched: the pool is gone, or was made anew for others
	read     time.Time
}

// cloudVersion stands for Prefect Cloud, which is always the newest and tells no
// version. It is also the tag of an image.
const cloudVersion = "3"

func (s *snapshot) isPrefect2() bool { return strings.HasPrefix(s.version, "2.") }

// heartbeat is the stage that keeps the snapshot up to date and tells the server that
// the worker is alive.
type heartbeat struct {
	opts    Options
	log     *slog.Logger
	current atomic.Pointer[snapshot]

	refusal *refusal

	open func() bool // whether the worker channel is; nil: there is none
	idle func() bool // whether nothing is under way in the pool, as far as is known
	mu   sync.Mutex
	told int // snapshots that came by the channel
}

// beat reads the pool, making it if need be, and sends a heartbeat; unless the worker
// channel does both. A pool that is not used is not read: freshen does so when it is.
func (h *heartbeat) beat(ctx context.Context) error {
	if h.isOpen() {
		return nil
	}
	err := h.sign(ctx)
	h.refusal.heard(ctx, h.log, err)
	return err
}

func (h *heartbeat) isOpen() bool { return h.open != nil && h.open() }

func (h *heartbeat) sign(ctx context.Context) error {
	known := h.current.Load()
	if known == nil || known.refused != nil || known.workerID == "" && !known.isPrefect2() || !h.idle() {
		return h.refresh(ctx)
	}
	_, err := h.send(ctx, known)
	if errors.Is(err, prefect.ErrNotFound) {
		return h.refresh(ctx) // it makes the pool, or says so
	}
	return err
}

// freshen reads the pool if no heartbeat has done so lately.
func (h *heartbeat) freshen(ctx context.Context) error {
	if known := h.current.Load(); h.isOpen() || known == nil || time.Since(known.read) < h.opts.HeartbeatInterval {
		return nil
	}
	return h.refresh(ctx)
}

// refresh does so in any case: who polls has met another pool than the one that is known.
func (h *heartbeat) refresh(ctx context.Context) error {
	told, began := h.toldSoFar(), time.Now()
	version, err := h.serverVersion(ctx)
	if err != nil {
		return err
	}
	pool, err := h.readPool(ctx)
	if errors.Is(err, errNoPool) {
		h.refuse(err)
	}
	if err != nil {
		return err
	}
	next := &snapshot{pool: pool, version: version, read: began}
	if next.rawPool, err = json.Marshal(pool); err != nil {
		return fmt.Errorf("failed to keep work pool %q: %w", pool.Name, err)
	}
	if err := h.checkType(ctx, pool); err != nil {
		h.refuse(err)
		return err
	}
	if err := h.checkPlace(ctx, pool); err != nil {
		return err
	}
	if next.workerID, err = h.send(ctx, next); err != nil {
		return err
	}
	h.keep(next, told)
	return nil
}

func (h *heartbeat) toldSoFar() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.told
}

// keep takes over what REST has answered, unless the channel has told something
// meanwhile: nobody knows which is older, and the channel tells of every change.
func (h *heartbeat) keep(next *snapshot, told int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.told == told {
		h.store(next)
	}
}

// refuse keeps the worker from launching anything until it has read a pool that is its own.
func (h *heartbeat) refuse(reason error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if known := h.current.Load(); known != nil {
		next := *known
		next.refused = reason
		h.told++
		h.current.Store(&next)
	}
}

// tell takes over what the channel has told.
func (h *heartbeat) tell(next *snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told++
	h.store(next)
}

// store keeps a snapshot, and signs the worker's calls with what it says; h.mu is held.
func (h *heartbeat) store(next *snapshot) {
	h.current.Store(next)
	h.opts.Prefect.Attribute(h.opts.Name, next.workerID)
}

func (h *heartbeat) serverVersion(ctx context.Context) (string, error) {
	if h.opts.Prefect.IsCloud() {
		return cloudVersion, nil
	}
	if known := h.current.Load(); known != nil {
		return known.version, nil
	}
	return h.opts.Prefect.ServerVersion(ctx)
}

func (h *heartbeat) readPool(ctx context.Context) (*prefect.WorkPool, error) {
	pool, err := h.opts.Prefect.ReadWorkPool(ctx, h.opts.Pool)
	switch {
	case errors.Is(err, prefect.ErrNotFound) && h.opts.NoPoolCreate:
		return nil, hint.Add(fmt.Errorf("%w: %w", errNoPool, err),
			"make it with `ecsctl bootstrap` or `prefect work-pool create --type ecs`")
	case errors.Is(err, prefect.ErrNotFound):
		return h.createPool(ctx)
	case err != nil:
		return nil, err
	}
	if h.current.Load() == nil && len(h.opts.BaseTemplate) > 0 {
		h.log.WarnContext(ctx, "the base job template that was given is not used: the work pool exists already",
			"pool", pool.Name)
	}
	return h.withTemplate(ctx, pool)
}

func (h *heartbeat) createPool(ctx context.Context) (*prefect.WorkPool, error) {
	template := h.opts.BaseTemplate
	if len(template) == 0 {
		var err error
		if template, err = h.defaultTemplate(ctx); err != nil {
			return nil, err
		}
	}
	pool, err := h.opts.Prefect.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: h.opts.Pool, Type: Type, BaseJobTemplate: template,
	})
	if errors.Is(err, prefect.ErrConflict) { // another worker was faster
		return h.opts.Prefect.ReadWorkPool(ctx, h.opts.Pool)
	}
	if err != nil {
		return nil, err
	}
	h.log.InfoContext(ctx, "created the work pool", "pool", pool.Name)
	return pool, nil
}

// withTemplate gives a pool without a template the default one, on the server too.
func (h *heartbeat) withTemplate(ctx context.Context, pool *prefect.WorkPool) (*prefect.WorkPool, error) {
	if !isEmptyObject(pool.BaseJobTemplate) {
		return pool, nil
	}
	template, err := h.defaultTemplate(ctx)
	if err != nil {
		return nil, err
	}
	pool.BaseJobTemplate = template
	return pool, h.opts.Prefect.UpdateWorkPool(ctx, pool.Name, prefect.WorkPoolUpdate{BaseJobTemplate: template})
}

func isEmptyObject(raw json.RawMessage) bool {
	var object map[string]json.RawMessage
	return len(raw) == 0 || json.Unmarshal(raw, &object) == nil && len(object) == 0
}

// defaultTemplate is the server's own, or the embedded one where it has none.
func (h *heartbeat) defaultTemplate(ctx context.Context) (json.RawMessage, error) {
	template, err := h.opts.Prefect.WorkerTemplate(ctx, Type)
	if err != nil && prefect.Temporary(err) {
		return nil, err
	}
	if err != nil {
		return templates.ECSBaseJobTemplate, nil
	}
	return template, nil
}

// checkType refuses a pool of another type when the worker starts, and one that was made anew,
// unless the user insists.
func (h *heartbeat) checkType(ctx context.Context, pool *prefect.WorkPool) error {
	known := h.current.Load()
	switch {
	case pool.Type == Type, known != nil && known.refused == nil && known.pool.Type == pool.Type:
		return nil
	case !h.opts.TypeGiven:
		return &PoolTypeError{pool.Name, pool.Type}
	}
	h.warnOfType(ctx, pool)
	return nil
}

func (h *heartbeat) warnOfType(ctx context.Context, pool *prefect.WorkPool) {
	h.log.WarnContext(ctx, "the work pool is of another type than this worker", "pool", pool.Name, "type", pool.Type,
		"worker type", Type)
}

// send sends the heartbeat and returns the worker's id. Cloud answers with it; a
// server of one's own is asked for its list of workers once.
func (h *heartbeat) send(ctx context.Context, next *snapshot) (string, error) {
	known := ""
	if current := h.current.Load(); current != nil && current.pool.ID == next.pool.ID {
		known = current.workerID
	}
	id, err := h.opts.Prefect.Heartbeat(ctx, h.opts.Pool, prefect.Heartbeat{
		Name: h.opts.Name, IntervalSeconds: int(h.opts.HeartbeatInterval.Seconds()), WantID: known == "",
	})
	if err != nil {
		return "", err
	}
	if id != "" {
		return id, nil
	}
	if known != "" || next.isPrefect2() {
		return known, nil
	}
	workers, err := h.opts.Prefect.Workers(ctx, h.opts.Pool)
	if err != nil {
		return "", err
	}
	for _, worker := range workers {
		if worker.Name == h.opts.Name {
			return worker.ID, nil
		}
	}
	return "", nil
}
