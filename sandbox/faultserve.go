package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// faultsPath is where faults are set while the sandbox runs: GET lists those that are
// armed, POST adds some, one a line, DELETE clears all.
const faultsPath = "/_sandbox/faults"

// FaultsURL is where faults are set while the sandbox runs.
func (s *Server) FaultsURL() string { return s.url + faultsPath }

func (s *Server) serveFaults(mux *http.ServeMux) {
	mux.HandleFunc("GET "+faultsPath, func(w http.ResponseWriter, _ *http.Request) {
		for _, f := range s.armed() {
			_, _ = fmt.Fprintln(w, f)
		}
	})
	mux.HandleFunc("DELETE "+faultsPath, func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST "+faultsPath, s.postFaults)
}

// postFaults arms all of the faults or none.
func (s *Server) postFaults(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var faults []Fault
	var problems []error
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		f, err := ParseFault(line)
		faults, problems = append(faults, f), append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, f := range faults {
		s.AddFault(f)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) armed() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Fault
	for _, f := range s.faults {
		out = append(out, *f)
	}
	return out
}
