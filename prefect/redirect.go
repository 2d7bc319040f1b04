package prefect

import (
	"fmt"
	"net/http"
	"net/url"
)

const maxRedirects = 10

// checkRedirect follows a redirect within the configured origin alone: net/http would send
// the key on to another port or without TLS, and custom headers to any host. Nor may a
// redirect turn a POST into a GET, which would read where it should write.
func checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("the server redirects more than %d times", maxRedirects)
	}
	if origin(next.URL) != origin(via[0].URL) || next.Method != via[0].Method {
		return &redirectError{to: origin(next.URL)}
	}
	return nil
}

// origin is what a key belongs to: scheme, host and port.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// redirectError is a redirect that would take the key elsewhere or lose the request's body.
type redirectError struct{ to string }

func (e *redirectError) Error() string {
	return "the server redirects to " + e.to + ", where ecsctl sends no key: if that is your Prefect server, " +
		"use that address in the API URL"
}

// neverRedirected returns a copy of a client that takes a redirect for the answer.
func neverRedirected(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}
