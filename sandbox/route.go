package sandbox

import (
	"maps"
	"net/http"
	"net/url"
	"strings"

	"ecsctl/internal/bounded"
	"ecsctl/internal/uuid"
	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/internal/s3"
	"ecsctl/sandbox/internal/wire"
)

const maxBody = 10 << 20

// credential is what a SigV4 Authorization header says about a call. The signature
// itself is not checked: any secret will do.
type credential struct {
	key, region, service string
}

func parseCredential(header string) (credential, bool) {
	_, rest, ok := strings.Cut(header, "Credential=")
	if !ok {
		return credential{}, false
	}
	rest, _, _ = strings.Cut(rest, ",")
	parts := strings.Split(strings.TrimSpace(rest), "/")
	if len(parts) != 5 || parts[4] != "aws4_request" {
		return credential{}, false
	}
	return credential{key: parts[0], region: parts[2], service: parts[3]}, true
}

func (s *Server) serveAWS(w http.ResponseWriter, r *http.Request) {
	cred, ok := parseCredential(r.Header.Get("Authorization"))
	if !ok {
		http.Error(w, "the ecsctl sandbox serves signed AWS requests and "+prefectPath, http.StatusForbidden)
		return
	}
	req, err := readRequest(r, cred.service)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	service, ok := s.services[cred.service]
	if !ok {
		service = wire.Unknown(cred.service, r.Header.Get("X-Amz-Target") != "")
	}
	req.AccessKey = cred.key
	s.answer(w, r, service, cred, req)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, service wire.Service, cred credential, req *wire.Request) {
	s.record(cred.service, req.Operation)
	e := s.faults.Take(cred.service, req.Operation, fault.CallKinds...)
	if !e.Wait(r.Context(), s.opts.Clock) || e.Kind == fault.DropBefore {
		panic(http.ErrAbortHandler) // the client sees the connection end
	}
	answer := s.call(r, service, cred, req, e)
	if e.Kind == fault.DropAfter {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	maps.Copy(h, answer.Header)
	h.Set("Content-Type", answer.ContentType)
	h.Set("X-Amzn-Requestid", req.ID)
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // the client may be gone; there is nobody to tell
}

func readRequest(r *http.Request, service string) (*wire.Request, error) {
	body, err := bounded.Read(r.Body, maxBody)
	if err != nil {
		return nil, err
	}
	req := &wire.Request{ID: uuid.New(), Body: body, HTTP: r}
	if service == s3.Name {
		req.Operation = s3.OperationOf(r)
		return req, nil
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, req.Operation, _ = strings.Cut(target, ".")
		return req, nil
	}
	req.Form, err = url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	for k, v := range r.URL.Query() {
		req.Form[k] = v
	}
	req.Operation = req.Form.Get("Action")
	return req, nil
}
