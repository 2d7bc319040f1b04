package ecr

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

// ProtocolPath is where the OCI distribution protocol begins.
const ProtocolPath = "/v2/"

// endpoint is one of the protocol: its place, its methods, and what each does in IAM's words.
type endpoint struct {
	marker  string // between the repository's name and the rest of the path
	actions map[string]string
	serve   func(*Service, *protocolRequest)
}

// The order matters: the path of an upload has that of a blob in it.
var endpoints = []endpoint{
	{"/blobs/uploads/", map[string]string{
		http.MethodPost: "InitiateLayerUpload", http.MethodPatch: "UploadLayerPart",
		http.MethodPut: "CompleteLayerUpload",
		http.MethodGet: "UploadLayerPart", http.MethodDelete: "InitiateLayerUpload",
	}, (*Service).serveUpload},
	{"/blobs/", map[string]string{
		http.MethodHead: "BatchCheckLayerAvailability", http.MethodGet: "GetDownloadUrlForLayer",
	}, (*Service).serveBlob},
	{"/manifests/", map[string]string{
		http.MethodHead: "BatchGetImage", http.MethodGet: "BatchGetImage", http.MethodPut: "PutImage",
	}, (*Service).serveManifest},
	{"/tags/", map[string]string{http.MethodGet: "ListImages"}, (*Service).serveTags},
}

// protocolRequest is a request with its path taken apart.
type protocolRequest struct {
	w         http.ResponseWriter
	r         *http.Request
	name      string // of the repository
	rest      string // what follows the marker
	endpoint  *endpoint
	accessKey string
}

func takeApart(r *http.Request) *protocolRequest {
	path := strings.TrimPrefix(r.URL.Path, ProtocolPath)
	if strings.HasSuffix(path, "/blobs/uploads") {
		path += "/" // the protocol has it both ways
	}
	for i, e := range endpoints {
		if at := strings.LastIndex(path, e.marker); at > 0 {
			return &protocolRequest{r: r, name: path[:at], rest: path[at+len(e.marker):], endpoint: &endpoints[i]}
		}
	}
	return nil
}

// ActionOf is what a request of the protocol does, in IAM's words and without "ecr:"; ""
// when it does nothing.
func ActionOf(r *http.Request) string {
	if req := takeApart(r); req != nil {
		return req.endpoint.actions[r.Method]
	}
	return ""
}

// ServeProtocol answers in the OCI distribution protocol.
func (s *Service) ServeProtocol(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	key, ok, err := s.caller(r)
	switch {
	case err != nil:
		RefuseProtocol(w, err)
	case !ok:
		// ECR's own words: text, not the protocol's JSON.
		w.Header().Set("Www-Authenticate", fmt.Sprintf(`Basic realm="%s/",service="ecr.amazonaws.com"`, s.cfg.URL))
		http.Error(w, "Not Authorized", http.StatusUnauthorized)
	case r.URL.Path == ProtocolPath:
		s.ping(w, key)
	default:
		s.serveEndpoint(w, r, key)
	}
}

// ping is how clients find out whether their credentials are good.
func (s *Service) ping(w http.ResponseWriter, key string) {
	if err := s.cfg.Admit(key, "ecr:GetAuthorizationToken", "*"); err != nil {
		RefuseProtocol(w, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (s *Service) serveEndpoint(w http.ResponseWriter, r *http.Request, key string) {
	req := takeApart(r)
	if req == nil {
		writeProblem(w, http.StatusNotFound, "UNSUPPORTED", "the ecsctl sandbox does not implement "+r.URL.Path)
		return
	}
	action, ok := req.endpoint.actions[r.Method]
	if !ok {
		writeProblem(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported.")
		return
	}
	if err := s.cfg.Admit(key, "ecr:"+action, s.arn(req.name)); err != nil {
		RefuseProtocol(w, err)
		return
	}
	if err := s.exists(req.name); err != nil {
		RefuseProtocol(w, err)
		return
	}
	req.w, req.accessKey = w, key
	req.endpoint.serve(s, req)
}

func (s *Service) exists(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.find(nil, &name)
	return err
}

// problems are the codes of the protocol for ECR's own.
var problems = map[string]struct {
	status int
	code   string
}{
	"RepositoryNotFoundException":       {http.StatusNotFound, "NAME_UNKNOWN"},
	"ImageNotFoundException":            {http.StatusNotFound, "MANIFEST_UNKNOWN"},
	"LayersNotFoundException":           {http.StatusNotFound, "BLOB_UNKNOWN"},
	"ReferencedImagesNotFoundException": {http.StatusNotFound, "MANIFEST_UNKNOWN"},
	"ImageTagAlreadyExistsException":    {http.StatusBadRequest, "TAG_INVALID"},
	"ImageDigestDoesNotMatchException":  {http.StatusBadRequest, "DIGEST_INVALID"},
	"InvalidParameterException":         {http.StatusBadRequest, "MANIFEST_INVALID"},
	"AccessDeniedException":             {http.StatusForbidden, "DENIED"},
	"ExpiredTokenException":             {http.StatusForbidden, "DENIED"},
	"ThrottlingException":               {http.StatusTooManyRequests, "TOOMANYREQUESTS"},
}

// RefuseProtocol puts an error of ECR into the protocol.
func RefuseProtocol(w http.ResponseWriter, err error) {
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		writeProblem(w, http.StatusInternalServerError, "UNKNOWN", "the ecsctl sandbox failed: "+err.Error())
		return
	}
	p, ok := problems[refusal.Code]
	if !ok {
		p.status, p.code = refusal.HTTPStatus(), "UNSUPPORTED"
		if p.status >= http.StatusInternalServerError {
			p.code = "UNKNOWN"
		}
	}
	writeProblem(w, p.status, p.code, refusal.Message)
}

func writeProblem(w http.ResponseWriter, status int, code, message string) {
	body, err := json.Marshal(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
	if err != nil {
		panic(fmt.Sprintf("sandbox: answer does not encode: %v", err))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone; there is nobody to tell
}
