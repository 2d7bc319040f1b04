package sandbox

import (
	"encoding/json"
	"net/http"
)

// metadataPath is where containers find what ECS tells them of their task. ECS has an
// address of its own for that, which only a container can reach.
const metadataPath = "/_sandbox/metadata/v4/"

// serveMetadata answers for the task of a container; its other paths are not implemented.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	if what := r.PathValue("what"); what != "task" {
		http.Error(w, "the ecsctl sandbox does not implement the task metadata "+what, http.StatusNotImplemented)
		return
	}
	task, ok := s.ecs.Metadata(r.PathValue("container"))
	if !ok {
		http.Error(w, "there is no such task", http.StatusNotFound)
		return
	}
	answer, err := json.Marshal(task)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // the task may be gone; there is nobody to tell
}
