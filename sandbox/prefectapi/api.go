package prefectapi

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// API is a Prefect API. It answers below its root and below /api. It is safe for
// concurrent use; everything is forgotten with it.
type API struct {
	version    string
	apiKey     string
	authString string
	clock      func() time.Time
	mux        *http.ServeMux
	sockets    *http.ServeMux

	noChannel         bool
	feed              FeedTrouble
	cancellingTimeout time.Duration
	cleanupLease      time.Duration

	mu          sync.Mutex // held for the whole of each call: calls are transactions
	pools       []*pool
	flows       []*flow
	deployments []*deployment
	runs        []*flowRun
	logs        []logLine
	events      []event
	eventIDs    map[string]bool
	variables   []*variable
	blockTypes  []*blockType
	schemas     []*blockSchema
	documents   []*blockDocument
	tasks       []*taskRun
	limits      []*limit
	artifacts   []*artifact
	listeners   map[*listener]bool
	channels    []*channel // the one that had the last cleanup message comes last
	cleanups    []*cleanup // messages that wait or are reserved

	cache        map[string]*state // results of tasks, by cache key
	artifactKeys map[string]string // ids of the entries of artifacts' keys
}

// New returns an empty API.
func New(options ...Option) *API {
	a := &API{version: "3.8.8", clock: time.Now, mux: http.NewServeMux(), sockets: http.NewServeMux(),
		cache: map[string]*state{}, artifactKeys: map[string]string{}, listeners: map[*listener]bool{},
		eventIDs: map[string]bool{}}
	a.cancellingTimeout, a.cleanupLease = defaultCancellingTimeout, defaultCleanupLease
	for _, option := range options {
		option(a)
	}
	a.routes()
	return a
}

// ServeHTTP answers one call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = withoutPrefix(r)
	w.Header().Set("Date", a.now().Format(http.TimeFormat)) // by the clock that states get their times by
	if isUpgrade(r) {
		a.sockets.ServeHTTP(w, r)
		return
	}
	if !a.mayEnter(r) {
		writeJSON(w, http.StatusUnauthorized, object{"exception_message": "Unauthorized"})
		return
	}
	a.mux.ServeHTTP(w, r)
}

// withoutPrefix makes both places that the API may be mounted at the same.
func withoutPrefix(r *http.Request) *http.Request {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		return r
	}
	out := r.Clone(r.Context())
	out.URL.Path = strings.TrimPrefix(r.URL.Path, "/api")
	out.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, "/api")
	return out
}

// now has microseconds, as Python's datetimes do.
func (a *API) now() time.Time { return a.clock().UTC().Truncate(time.Microsecond) }

func (a *API) routes() {
	a.serverRoutes()
	a.poolRoutes()
	a.queueRoutes()
	a.workerRoutes()
	a.flowRoutes()
	a.deploymentRoutes()
	a.flowRunRoutes()
	a.logRoutes()
	a.eventRoutes()
	a.variableRoutes()
	a.blockRoutes()
	a.blockSchemaRoutes()
	a.taskRunRoutes()
	a.runInputRoutes()
	a.artifactRoutes()
	a.tagLimitRoutes()
	a.namedLimitRoutes()
	a.queueByIDRoutes()
	a.scheduleRoutes()
	a.automationRoutes()
	a.socketRoutes()
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, notImplemented(r.Method+" "+r.URL.Path))
	})
}
