package prefect

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"ecsctl/internal/pause"
)

const (
	// defaultRetries with the waits below make about half a minute: a server on SQLite
	// answers 503 under write contention for seconds.
	defaultRetries = 8
	minRetryWait   = 200 * time.Millisecond
	maxRetryWait   = 8 * time.Second
	// maxRetryAfter limits Retry-After: a server that is away for longer is still asked now and then.
	maxRetryAfter    = 5 * time.Minute
	unlimitedRetries = math.MaxInt32 // the attempt counts; maintenance does not

	headerMaintenance = "Prefect-Maintenance"
)

// attempt is what one call has been through; it travels in the call's context.
type attempt struct {
	idempotent bool
	tries      int
	last       string // how the last try failed, for messages
	sent       time.Time
}

type attemptKey struct{}

// noteSent is called before each try.
func noteSent(_ retryablehttp.Logger, request *http.Request, _ int) {
	if a := attemptOf(request.Context()); a != nil {
		a.sent = time.Now()
	}
}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// checkRetry decides whether a call is tried again. The server refused to work on it:
// always (408, 429, 502, 503, as Prefect's client). The connection failed: when the
// call may be repeated. While the server says that it is being maintained, tries are
// not counted. The context is the only other limit.
func (c *Client) checkRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	a := attemptOf(ctx)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		a.last = err.Error()
		a.tries++
		return c.mayRepeat(a, err) && a.tries <= c.maxRetries, nil
	}
	c.reached.Store(true)
	if !isBusy(response.StatusCode) && !slices.Contains(c.retryCodes, response.StatusCode) {
		return false, nil
	}
	a.last = response.Status
	if response.Header.Get(headerMaintenance) == "true" {
		return true, nil
	}
	a.tries++
	return a.tries <= c.maxRetries, nil
}

func isBusy(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable:
		return true
	}
	return false
}

// mayRepeat reports whether to send a call again: one that never left, unless the server was
// never reached (a wrong URL fails at once), and one that left if repeating does no harm.
func (c *Client) mayRepeat(a *attempt, err error) bool {
	if isFinal(err) {
		return false
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return c.reached.Load()
	}
	return a.idempotent
}

// isFinal reports whether a retry is useless: the address or the certificate is wrong.
func isFinal(err error) bool {
	var redirect *redirectError
	var untrusted *tls.CertificateVerificationError
	return errors.As(err, &redirect) || errors.As(err, &untrusted) || errors.Is(err, http.ErrSchemeMismatch)
}

// backoff doubles from minRetryWait to maxRetryWait, with a fifth of jitter; a
// Retry-After is waited out up to maxRetryAfter.
func (c *Client) backoff(_, _ time.Duration, n int, response *http.Response) time.Duration {
	if response != nil {
		if asked, ok := retryAfter(response.Header.Get("Retry-After"), time.Now()); ok {
			return time.Duration(float64(min(asked, maxRetryAfter)) * (1 + 0.2*rand.Float64()))
		}
	}
	return pause.Backoff(n, minRetryWait, maxRetryWait)
}

// retryAfter reads both forms of RFC 9110: seconds and a date.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 && seconds < math.MaxInt32 {
		return time.Duration(seconds * float64(time.Second)), true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
}
