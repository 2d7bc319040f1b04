// Package directly keeps calls of link-local addresses off proxies. On AWS these are the endpoints of
// a task's or an instance's credentials and metadata: whatever a proxy would reach there is not this
// machine's, and what it saw are keys.
package directly

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Proxy is http.ProxyFromEnvironment, except for link-local addresses, which have none.
func Proxy(r *http.Request) (*url.URL, error) {
	if isLinkLocal(r.URL.Hostname()) {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// ulas are endpoints of AWS for the same by IPv6 (EKS, EC2), which are unique local addresses.
var ulas = []string{"fd00:ec2::23", "fd00:ec2::254"}

func isLinkLocal(host string) bool {
	host, _, _ = strings.Cut(host, "%") // a zone
	at, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, ula := range ulas {
		if at == netip.MustParseAddr(ula) {
			return true
		}
	}
	return at.Unmap().IsLinkLocalUnicast()
}
