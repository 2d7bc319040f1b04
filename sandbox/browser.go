package sandbox

import (
	"net"
	"net/http"
	"net/url"
)

// fenced keeps web pages out. A page of any site can make the user's browser send requests
// to loopback, by a name that it lets lead there (DNS rebinding) or without reading the answer;
// and what is asked for here runs programs. So the Host must be the sandbox's own, and what
// comes from a page, which says its Origin, must come from the sandbox itself.
func fenced(listener net.Addr, next http.Handler) http.Handler {
	own, _, _ := net.SplitHostPort(listener.String())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOwnHost(r.Host, own) {
			http.Error(w, "the ecsctl sandbox is not called "+r.Host, http.StatusMisdirectedRequest)
			return
		}
		if !isOwnOrigin(r) {
			http.Error(w, "the ecsctl sandbox is not for web pages", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isOwnHost: an address of loopback, localhost, or the address that is listened on.
func isOwnHost(hostport, own string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if host == "localhost" || host == own {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// isOwnOrigin: programs send no Origin. A browser that sends none of a form says where it
// comes from in Sec-Fetch-Site.
func isOwnOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return false
	}
	for _, origin := range r.Header.Values("Origin") {
		from, err := url.Parse(origin)
		if err != nil || from.Host != r.Host {
			return false
		}
	}
	return true
}
