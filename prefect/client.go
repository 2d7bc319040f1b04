package prefect

import (
	"cmp"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"ecsctl/internal/directly"
	"ecsctl/internal/hint"
)

const (
	// apiVersion is what Prefect 2.20 and 3 both expect in X-PREFECT-API-VERSION
	// (GET version answers it on both).
	apiVersion = "0.8.4"
	// cloudAPIURL is where Prefect Cloud's API begins (PREFECT_CLOUD_API_URL's default).
	cloudAPIURL = "https://api.prefect.cloud/api"
	// requestTimeout is the limit of one attempt (PREFECT_API_REQUEST_TIMEOUT's default).
	requestTimeout = 60 * time.Second
)

// ErrNoAPIURL says that nothing names the Prefect API.
var ErrNoAPIURL = errors.New("no Prefect API URL is set")

// Options configure a Client. Only APIURL is needed.
type Options struct {
	APIURL      string
	CloudAPIURL string // default https://api.prefect.cloud/api
	APIKey      Secret
	AuthString  Secret // goes before APIKey, as in Prefect's own client
	Headers     map[string]Secret
	UserAgent   string
	Logger      *slog.Logger // tries are told at debug level; nil is silence
	TLS         *tls.Config  // default: what the system trusts
	HTTPClient  *http.Client // default: one of its own, with TLS and 60 s for an attempt

	// MaxRetries is how often a failed call is tried again: 0 is the default of 8 (half a
	// minute or so), negative is never.
	MaxRetries int
	// RetryCodes are statuses of answers that are tried again beside those that always are.
	RetryCodes []int
	// Timeout is the limit of one attempt; default 60 s.
	Timeout time.Duration
}

// Client calls the Prefect REST API. It is safe for concurrent use.
type Client struct {
	base       *url.URL
	cloud      bool
	header     http.Header
	auth       authKind
	token      Secret // the bare value behind auth
	http       *retryablehttp.Client
	maxRetries int
	retryCodes []int
	log        *slog.Logger
	csrf       csrf
	clock      clock
	reached    atomic.Bool  // the server has answered once
	used       atomic.Int64 // when a connection was last used, Unix nanoseconds

	attribution atomic.Pointer[http.Header]
}

// authKind is what the client authenticates with, for messages.
type authKind string

const (
	authNone   authKind = ""
	authKey    authKind = "API key"
	authString authKind = "auth string"
)

// New returns a client; it makes no call. A missing or malformed URL is an error.
func New(o Options) (*Client, error) {
	base, err := parseAPIURL(o.APIURL)
	if err != nil {
		return nil, err
	}
	if err := o.checkSecrets(); err != nil {
		return nil, err
	}
	c := &Client{base: base, log: cmp.Or(o.Logger, slog.New(slog.DiscardHandler)), maxRetries: o.MaxRetries,
		retryCodes: o.RetryCodes}
	if c.maxRetries == 0 {
		c.maxRetries = defaultRetries
	}
	c.cloud = isBelow(o.APIURL, cmp.Or(o.CloudAPIURL, cloudAPIURL))
	c.setHeader(o)
	c.callBy(c.httpClient(o))
	return c, nil
}

func (c *Client) callBy(client *http.Client) {
	c.http = &retryablehttp.Client{
		HTTPClient: client, CheckRetry: c.checkRetry, Backoff: c.backoff,
		RequestLogHook: noteSent, PrepareRetry: askGuard,
		RetryMax: unlimitedRetries, ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// Another returns a client like this one, over the same connections, that is told by itself which
// worker makes its calls.
func (c *Client) Another() *Client {
	other := &Client{base: c.base, cloud: c.cloud, header: c.header, auth: c.auth, token: c.token,
		maxRetries: c.maxRetries, retryCodes: c.retryCodes, log: c.log}
	other.callBy(c.http.HTTPClient)
	return other
}

func parseAPIURL(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, hint.Add(ErrNoAPIURL, "set PREFECT_API_URL, or make a profile with `prefect cloud login` or "+
			"`prefect config set PREFECT_API_URL=...`")
	}
	base, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, hint.Add(errors.New("the Prefect API URL is not an address like https://HOST/api"),
			"check PREFECT_API_URL")
	}
	if base.User != nil {
		return nil, hint.Add(fmt.Errorf("the Prefect API URL of host %q holds a user or a password", base.Host),
			"take it out, and set PREFECT_API_AUTH_STRING=USER:PASSWORD")
	}
	return base, nil
}

// isBelow tells Cloud by the beginning of the URL, as Prefect does.
func isBelow(apiURL, root string) bool {
	root = strings.TrimRight(root, "/")
	return apiURL == root || strings.HasPrefix(apiURL, root+"/")
}

func (c *Client) setHeader(o Options) {
	h := http.Header{}
	for name, value := range o.Headers {
		h.Set(name, value.Reveal())
	}
	h.Set("Accept", "application/json")
	h.Set("X-Prefect-Api-Version", apiVersion)
	h.Set("User-Agent", cmp.Or(o.UserAgent, "ecsctl"))
	switch {
	case o.AuthString != "":
		c.auth, c.token = authString, o.AuthString
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(o.AuthString.Reveal())))
	case o.APIKey != "":
		c.auth, c.token = authKey, o.APIKey
		h.Set("Authorization", "Bearer "+o.APIKey.Reveal())
	}
	c.header = h
}

// APIURL is the address that the client calls, without a trailing slash.
func (c *Client) APIURL() string { return c.base.String() }

// IsCloud reports whether the API is Prefect Cloud's, which is always the newest and has
// no version to ask for.
func (c *Client) IsCloud() bool { return c.cloud }

// A connection is kept for the next poll, and given up before Cloud does it (after 30 s) or a
// load balancer. A server by itself keeps one for 5 s (uvicorn's --timeout-keep-alive): a call
// that meets one that is just being closed is sent again, if it may be; for others no
// connection is taken that is older than that.
const (
	keepConnection = 25 * time.Second
	keptByServer   = 4 * time.Second
	maxIdle        = 16
)

func (c *Client) httpClient(o Options) *http.Client {
	own := http.Client{Transport: c.transport(o.TLS), Timeout: cmp.Or(o.Timeout, requestTimeout)}
	if o.HTTPClient != nil {
		own = *o.HTTPClient
	}
	own.CheckRedirect = checkRedirect
	return &own
}

func (c *Client) transport(trust *tls.Config) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy, transport.MaxIdleConnsPerHost = directly.Proxy, maxIdle
	transport.IdleConnTimeout = keepConnection
	if trust != nil {
		transport.TLSClientConfig = trust.Clone()
	}
	return transport
}
