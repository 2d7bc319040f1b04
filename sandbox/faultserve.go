package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ecsctl/internal/bounded"
	"ecsctl/sandbox/fault"
)

// ControlVariable has, in Env, the address below which faults and quotas are set while the
// sandbox runs: GET lists them, POST adds some, one a line, DELETE clears all. Nobody knows it
// who was not told.
const ControlVariable = "ECSCTL_SANDBOX"

func (s *Server) controlPath() string { return "/_sandbox/" + s.control }
func (s *Server) controlURL() string  { return s.url + s.controlPath() }

// FaultsURL is where faults are set while the sandbox runs.
func (s *Server) FaultsURL() string { return s.controlURL() + "/faults" }

// QuotasURL is where quotas are set while the sandbox runs.
func (s *Server) QuotasURL() string { return s.controlURL() + "/quotas" }

func (s *Server) serveFaults(mux *http.ServeMux) {
	serveList(mux, s.controlPath()+"/faults", s.Faults, s.ClearFaults, fault.ParseFault, s.AddFault)
	serveList(mux, s.controlPath()+"/quotas", s.quotas.Held, s.ClearQuotas, fault.ParseQuota, s.AddQuota)
}

// serveList lets a list of things that have a written form be read and changed.
func serveList[T fmt.Stringer](mux *http.ServeMux, path string, list func() []T, clearAll func(),
	parse func(string) (T, error), add func(T)) {
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		for _, item := range list() {
			_, _ = fmt.Fprintln(w, item) // the client may be gone; there is nobody to tell
		}
	})
	mux.HandleFunc("DELETE "+path, func(w http.ResponseWriter, _ *http.Request) {
		clearAll()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		items, err := readLines(r, parse)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, item := range items { // all or, above, none
			add(item)
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func readLines[T any](r *http.Request, parse func(string) (T, error)) ([]T, error) {
	body, err := bounded.Read(r.Body, maxBody)
	if err != nil {
		return nil, err
	}
	var items []T
	var problems []error
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		item, err := parse(line)
		items, problems = append(items, item), append(problems, err)
	}
	return items, errors.Join(problems...)
}
