package prefect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"ecsctl/internal/bounded"
	"ecsctl/internal/hint"
	"ecsctl/internal/onelook"
)

// call is one call of the API.
type call struct {
	method string
	path   []string // escaped one by one; an empty last one makes a trailing slash
	query  url.Values
	body   any // sent as JSON unless nil
	// repeatable marks a POST that does no harm when it is sent twice. All other methods
	// are repeatable by their meaning.
	repeatable bool
}

func get(path ...string) call { return call{method: http.MethodGet, path: path} }
func del(path ...string) call { return call{method: http.MethodDelete, path: path} }
func patch(body any, path ...string) call {
	return call{method: http.MethodPatch, path: path, body: body}
}

// post is a call that makes something new.
func post(body any, path ...string) call {
	return call{method: http.MethodPost, path: path, body: body}
}

// query is a POST that only asks, or that may be sent twice.
func query(body any, path ...string) call {
	return call{method: http.MethodPost, path: path, body: body, repeatable: true}
}

func (k call) url(base *url.URL) string {
	segments := make([]string, len(k.path))
	for i, s := range k.path {
		segments[i] = url.PathEscape(s)
	}
	target := base.String() + "/" + strings.Join(segments, "/")
	if len(k.query) > 0 {
		target += "?" + k.query.Encode()
	}
	return target
}

func (k call) route() string { return "/" + strings.Join(k.path, "/") }

// do makes a call and decodes the answer into out, unless nil.
func (c *Client) do(ctx context.Context, k call, out any) error {
	response, raw, err := c.ask(ctx, k)
	if err != nil {
		return err
	}
	if c.csrf.wanted(response.StatusCode, raw) {
		if err := c.csrf.fetch(ctx, c); err != nil {
			return err
		}
		if response, raw, err = c.send(ctx, k); err != nil {
			return err
		}
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return c.refused(k, response, raw)
	}
	switch out := out.(type) {
	case nil:
		return nil
	case *text:
		out.setRaw(raw)
		return nil
	default:
		return c.decode(k, response, raw, out)
	}
}

// maxAnswer bounds an answer, after gzip: job variables of a few runs of 1 MB fit, a bomb
// does not.
const maxAnswer = 16 << 20

type received struct {
	response *http.Response
	raw      []byte
}

// ask sends what only asks once within a look (package onelook).
func (c *Client) ask(ctx context.Context, k call) (*http.Response, []byte, error) {
	last := k.path[len(k.path)-1]
	if k.method != http.MethodGet && (k.method != http.MethodPost || last != "filter" && last != "count") {
		return c.send(ctx, k)
	}
	body, err := json.Marshal(k.body)
	if err != nil {
		return c.send(ctx, k)
	}
	question := fmt.Sprintf("prefect %p %s %s %s", c, k.method, k.url(c.base), body)
	got, err := onelook.Ask(ctx, question, func(ctx context.Context) (received, error) {
		response, raw, err := c.send(ctx, k)
		return received{response, raw}, err
	})
	return got.response, got.raw, err
}

func (c *Client) send(ctx context.Context, k call) (*http.Response, []byte, error) {
	a := &attempt{idempotent: k.method != http.MethodPost || k.repeatable}
	request, err := c.request(context.WithValue(ctx, attemptKey{}, a), k)
	if err != nil {
		return nil, nil, err
	}
	c.choose(request, a.idempotent)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, c.unreachable(ctx, a, err)
	}
	c.used.Store(time.Now().UnixNano())
	c.clock.hear(response.Header, a.sent, time.Now())
	defer response.Body.Close()
	raw, err := bounded.Read(response.Body, maxAnswer)
	var tooLarge *bounded.TooLargeError
	if errors.As(err, &tooLarge) {
		return nil, nil, fmt.Errorf("%w: the answer of the Prefect server at %s to %s %s: %w", ErrTooLarge, c.base,
			k.method, k.route(), err)
	}
	if err != nil {
		return nil, nil, c.unreachable(ctx, a, err)
	}
	c.log.DebugContext(ctx, "prefect call", "method", k.method, "path", k.route(), "status", response.StatusCode,
		"tries", a.tries)
	return response, raw, nil
}

// choose sees to it that no call is lost with a connection that the server is just closing.
func (c *Client) choose(request *retryablehttp.Request, repeatable bool) {
	switch {
	case repeatable:
		// net/http sends it again at once, and does not send this header (http.Transport).
		request.Header["X-Idempotency-Key"] = nil
	case time.Since(time.Unix(0, c.used.Load())) > keptByServer:
		c.http.HTTPClient.CloseIdleConnections()
	}
}

func (c *Client) request(ctx context.Context, k call) (*retryablehttp.Request, error) {
	var body any
	if k.body != nil {
		raw, err := encode(k.body)
		if err != nil {
			return nil, fmt.Errorf("failed to encode the request to %s: %w", k.route(), err)
		}
		body = raw
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, k.method, k.url(c.base), body)
	if err != nil {
		return nil, fmt.Errorf("failed to build the request to %s: %w", k.route(), err)
	}
	request.Header = c.header.Clone()
	c.attribute(request.Header)
	c.csrf.sign(request.Header)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// encode leaves <, > and & as they are: templates hold them, and their hash must not
// depend on who wrote them.
func encode(body any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func (c *Client) decode(k call, response *http.Response, raw []byte, out any) error {
	err := json.Unmarshal(raw, out)
	if err == nil {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind == "application/json" {
		return fmt.Errorf("failed to read the answer of the Prefect server at %s to %s %s: %w", c.base, k.method,
			k.route(), err)
	}
	// A server's web pages answer anything with 200 and HTML.
	return hint.Add(fmt.Errorf("%s is not a Prefect API: it answered %s %s with %q instead of JSON", c.base, k.method,
		k.route(), kind),
		apiPathHint)
}
