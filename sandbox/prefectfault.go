package sandbox

import (
	"net/http"
	"regexp"
	"strings"

	"ecsctl/sandbox/fault"
)

var anyUUID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// prefectOperation names a call of the Prefect API: ids do not count.
func prefectOperation(r *http.Request) string {
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, prefectPath), "/")
	return r.Method + "/" + anyUUID.ReplaceAllString(path, "{id}")
}

// faultyPrefect puts faults and quotas in front of the Prefect API.
func (s *Server) faultyPrefect(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operation := prefectOperation(r)
		e := s.faults.Take(fault.PrefectService, operation, fault.CallKinds...)
		if !e.Wait(r.Context(), s.opts.Clock) || e.Kind == fault.DropBefore {
			panic(http.ErrAbortHandler) // the client sees the connection end
		}
		kind := e.Kind
		if !s.quotas.Allow(fault.PrefectService, operation, 1) {
			kind = fault.Throttle
		}
		switch kind {
		case fault.Throttle, fault.ServerError, fault.AccessDenied, fault.ExpiredToken:
			refusePrefect(w, kind)
		case fault.DropAfter:
			api.ServeHTTP(&nobody{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// refusePrefect answers as a Prefect server, or Prefect Cloud, does.
func refusePrefect(w http.ResponseWriter, kind fault.Kind) {
	status, body := http.StatusInternalServerError, `{"exception_message":"Internal Server Error"}`
	switch kind {
	case fault.Throttle:
		w.Header().Set("Retry-After", "1")
		status, body = http.StatusTooManyRequests, `{"detail":"Too Many Requests"}`
	case fault.AccessDenied:
		status, body = http.StatusForbidden, `{"detail":"Forbidden"}`
	case fault.ExpiredToken:
		status, body = http.StatusUnauthorized, `{"exception_message":"Unauthorized"}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the client may be gone; there is nobody to tell
}

// nobody is told the answer.
type nobody struct{ header http.Header }

func (n *nobody) Header() http.Header            { return n.header }
func (n *nobody) Write(data []byte) (int, error) { return len(data), nil }
func (n *nobody) WriteHeader(int)                {}
