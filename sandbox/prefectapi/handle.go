package prefectapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// answer is a status and a body; a nil body is none.
type answer struct {
	status int
	body   any
}

func ok(body any) (answer, error)      { return answer{http.StatusOK, body}, nil }
func created(body any) (answer, error) { return answer{http.StatusCreated, body}, nil }
func done() (answer, error)            { return answer{http.StatusNoContent, nil}, nil }

// request is a call with its body read.
type request struct {
	*http.Request
	body body
}

// handle registers a route. A collection's pattern ends in "/", and is found without
// it as well, as a server redirects there.
func (a *API) handle(pattern string, serve func(*request) (answer, error)) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		read, err := readBody(r)
		if err != nil {
			writeError(w, err)
			return
		}
		a.mu.Lock()
		out, err := serve(&request{r, read})
		raw, encoding := encode(out.body) // within the lock: bodies share what they show
		a.mu.Unlock()
		switch {
		case err != nil:
			writeError(w, err)
		case encoding != nil:
			writeError(w, encoding)
		case out.body == nil && out.status == http.StatusNoContent:
			w.WriteHeader(out.status)
		default:
			writeRaw(w, out.status, raw)
		}
	}
	if collection, found := strings.CutSuffix(pattern, "/"); found {
		a.mux.HandleFunc(collection, handler)
		pattern += "{$}"
	}
	a.mux.HandleFunc(pattern, handler)
}

// plain is a body that is a text and not JSON.
type plain string

func encode(body any) ([]byte, error) {
	if text, ok := body.(plain); ok {
		return []byte(text), nil
	}
	return json.Marshal(body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		raw, status = []byte(`{"exception_message":"Internal Server Error"}`), http.StatusInternalServerError
	}
	writeRaw(w, status, raw)
}

func writeRaw(w http.ResponseWriter, status int, raw []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // the client may be gone; there is nobody to tell
}

func writeError(w http.ResponseWriter, err error) {
	var refused *refusal
	if !errors.As(err, &refused) {
		refused = &refusal{http.StatusInternalServerError, object{
			"exception_message": "Internal Server Error", "detail": "the ecsctl sandbox failed: " + err.Error(),
		}}
	}
	writeJSON(w, refused.status, refused.body)
}
