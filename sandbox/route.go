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

func (s *Server) answer(w http.ResponseWriter, r *http.Request, service wire.Service, cred credential,
	req *wire.Request) {
	s.record(cred.service, req.Operation)
	caller, refusal := s.authenticate(r, cred, req)
	if refusal != nil { // before anything happens, so that a stranger uses up no fault and no quota
		send(w, req, service.Refuse(req, refusal))
		return
	}
	e := s.faults.Take(cred.service, req.Operation, fault.CallKinds...)
	if !e.Wait(r.Context(), s.opts.Clock) || e.Kind == fault.DropBefore {
		panic(http.ErrAbortHandler) // the client sees the connection end
	}
	answer := s.call(r, service, caller, cred, req, e)
	if e.Kind == fault.DropAfter {
		panic(http.ErrAbortHandler)
	}
	send(w, req, answer)
}

func send(w http.ResponseWriter, req *wire.Request, answer wire.Answer) {
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
