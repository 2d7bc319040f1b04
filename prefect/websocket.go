package prefect

import (
	"net/http"
	"strings"
)

// Dialing is what a websocket of the API is opened with: the trust, proxies and headers
// of the client's calls.
type Dialing struct {
	URL    string // http or https: the websocket is an upgrade of it
	Client *http.Client
	Header http.Header
	// Token goes into the first message (auth), which is where a server of Prefect
	// looks: the auth string, or the API key, or nothing.
	Token Secret
}

// Dialing describes how to open the websocket at a path below the API's URL. It is never
// redirected, since the token goes to whoever answers.
func (c *Client) Dialing(path ...string) Dialing {
	header := c.header.Clone()
	c.attribute(header)
	for name := range header {
		if isHandshake(name) {
			header.Del(name)
		}
	}
	return Dialing{URL: call{path: path}.url(c.base), Client: neverRedirected(c.http.HTTPClient), Header: header,
		Token: c.token}
}

// isHandshake reports whether a header belongs to the handshake, so that no custom one may
// replace it.
func isHandshake(name string) bool {
	return name == "Connection" || name == "Upgrade" || name == "Host" || strings.HasPrefix(name, "Sec-Websocket-")
}
