package prefect

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// apiVersion is what Prefect 2.20 and 3 both expect in X-PREFECT-API-VERSION
// (GET admin/version answers it on both).
const apiVersion = "0.8.4"

// How often and how fast a call is tried again. A server on SQLite answers 503 under
// write contention, and Cloud 429 with Retry-After.
const (
	maxRetries   = 6
	minRetryWait = 200 * time.Millisecond
	maxRetryWait = 10 * time.Second
)

// Options configure a Client.
type Options struct {
	APIURL             string
	APIKey, AuthString Secret
	UserAgent          string
	Logger             *slog.Logger
}

// Client calls the Prefect REST API. It is safe for concurrent use.
type Client struct {
	base          *url.URL
	authorization string
	userAgent     string
	http          *retryablehttp.Client
}

// New returns a client; it makes no call. A malformed API URL is an error.
func New(opts Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(opts.APIURL, "/"))
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") || base.User != nil {
		return nil, errors.New("the Prefect API URL is not of the form https://HOST/api (and holds no password)")
	}
	c := &Client{base: base, userAgent: opts.UserAgent, http: retryablehttp.NewClient()}
	c.http.RetryMax, c.http.RetryWaitMin, c.http.RetryWaitMax = maxRetries, minRetryWait, maxRetryWait
	c.http.CheckRetry = checkRetry
	// The last answer itself comes back when the retries are used up, for its status.
	c.http.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.http.Logger = nil
	if opts.Logger != nil {
		c.http.RequestLogHook = func(_ retryablehttp.Logger, r *http.Request, attempt int) {
			opts.Logger.Debug("prefect call", "method", r.Method, "path", r.URL.Path, "attempt", attempt)
		}
	}
	// An auth string goes first, as in Prefect's own client (prefect/client/orchestration).
	switch {
	case opts.AuthString != "":
		c.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(opts.AuthString.Reveal()))
	case opts.APIKey != "":
		c.authorization = "Bearer " + opts.APIKey.Reveal()
	}
	return c, nil
}

// checkRetry tries again on failures to connect, 429, 408 and 5xx but 501.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if resp != nil && resp.StatusCode == http.StatusRequestTimeout {
		return ctx.Err() == nil, ctx.Err()
	}
	return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
}

// IsCloud tells whether the API is Prefect Cloud's, which is always the newest and
// has no version to ask for.
func (c *Client) IsCloud() bool {
	return c.base.Hostname() == "api.prefect.cloud" || strings.HasSuffix(c.base.Hostname(), ".prefect.cloud")
}

// call sends body as JSON, unless nil, and decodes the answer into out, unless nil.
// segments are escaped one by one; an empty last one makes a trailing slash.
func (c *Client) call(ctx context.Context, method string, body, out any, segments ...string) error {
	target, err := url.Parse(c.base.String() + "/" + escape(segments))
	if err != nil {
		return fmt.Errorf("failed to build the address of %v: %w", segments, err)
	}
	var payload []byte
	if body != nil {
		if payload, err = json.Marshal(body); err != nil {
			return fmt.Errorf("failed to encode the request to %s: %w", target.Path, err)
		}
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, method, target.String(), payload)
	if err != nil {
		return fmt.Errorf("failed to build the request to %s: %w", target.Path, err)
	}
	c.setHeaders(request.Header)
	response, err := c.http.Do(request)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	if response.StatusCode >= 300 {
		return c.refused(method, target.Path, response, raw)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(out); err != nil {
		return fmt.Errorf("failed to read the answer of the Prefect server at %s to %s %s: it is not what the Prefect API gives: %w", c.base, method, target.Path, err)
	}
	return nil
}

func escape(segments []string) string {
	out := make([]string, len(segments))
	for i, s := range segments {
		out[i] = url.PathEscape(s)
	}
	return strings.Join(out, "/")
}

func (c *Client) setHeaders(h http.Header) {
	h.Set("Content-Type", "application/json")
	h.Set("X-PREFECT-API-VERSION", apiVersion)
	if c.userAgent != "" {
		h.Set("User-Agent", c.userAgent)
	}
	if c.authorization != "" {
		h.Set("Authorization", c.authorization)
	}
}
