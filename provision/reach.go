package provision

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"ecsctl/internal/hint"
)

func (b *Bootstrap) serverWarnings() []string {
	if !b.w.aws.OutOfReach(b.w.server.APIURL) {
		return nil
	}
	return []string{outOfReach(b.w.server.APIURL) + ". Give the address that AWS sees with --prefect-api-url"}
}

func outOfReach(apiURL string) string {
	return "the Prefect API URL " + apiURL + " is this machine's own address: a worker in AWS cannot reach it"
}

// CheckReach is an error if no worker in AWS can reach the server: it would be waited for in vain.
func (b *Bootstrap) CheckReach() error {
	if !b.w.aws.OutOfReach(b.w.server.APIURL) {
		return nil
	}
	return hint.Add(errors.New(outOfReach(b.w.server.APIURL)),
		"give the address that AWS sees with --prefect-api-url",
		"or use Prefect Cloud: `prefect cloud login`",
		"or set up everything for an address that comes later, with --no-wait",
		"or try it in an AWS that is played on this machine: `ecsctl sandbox`")
}

// OutOfReach reports whether an API URL leads to this machine while the workers run elsewhere. Those of a
// sandbox run on this machine too.
func (c *Clients) OutOfReach(apiURL string) bool { return IsLocal(apiURL) && !IsLocal(c.Endpoint) }

// IsLocal reports whether an API URL names the very machine that it is used on.
func IsLocal(apiURL string) bool {
	parsed, err := url.Parse(apiURL)
	if err != nil {
		return false
	}
	host := parsed.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}
