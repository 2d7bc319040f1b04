package prefectapi

import (
	"strings"
	"time"
)

// Option changes an API from its default: version 3.8.8, open to everyone.
type Option func(*API)

// WithVersion sets the server version that it plays: "3.8.8", "2.20.26". Answers and rules
// follow the major version.
func WithVersion(version string) Option { return func(a *API) { a.version = version } }

// WithAuthString wants "Authorization: Basic" with this user:password, as a server
// with PREFECT_SERVER_API_AUTH_STRING.
func WithAuthString(auth string) Option { return func(a *API) { a.authString = auth } }

// WithAPIKey wants "Authorization: Bearer" with this key, as Cloud.
func WithAPIKey(key string) Option { return func(a *API) { a.apiKey = key } }

// WithClock replaces time.Now.
func WithClock(now func() time.Time) Option { return func(a *API) { a.clock = now } }

// WithoutWorkerChannel is a server from before the worker channel.
func WithoutWorkerChannel() Option { return func(a *API) { a.noChannel = true } }

// FeedTrouble is what happens to events on their way to those who listen to the feed. The
// events that the server keeps are not touched.
type FeedTrouble struct {
	Lost, Doubled float64       // parts of the events
	Late          time.Duration // the most that one comes too late
}

// WithFeedTrouble makes the feed of events as bad as it may be.
func WithFeedTrouble(t FeedTrouble) Option { return func(a *API) { a.feed = t } }

// WithCancellingTimeout sets how long a run may be Cancelling
// (PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_CANCELLING_TIMEOUT_SECONDS; default 5 minutes).
func WithCancellingTimeout(d time.Duration) Option {
	return func(a *API) { a.cancellingTimeout = d }
}

// WithCleanupLease sets how long a cleanup message is reserved for a worker
// (PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_LEASE_SECONDS; default 30 s).
func WithCleanupLease(d time.Duration) Option { return func(a *API) { a.cleanupLease = d } }

func (a *API) isPrefect2() bool { return strings.HasPrefix(a.version, "2.") }
