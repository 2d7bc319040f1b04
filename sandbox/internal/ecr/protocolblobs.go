package ecr

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// upload is a blob on its way.
type upload struct {
	id         string
	repository string

	mu   sync.Mutex // one part at a time
	size int64
}

func (u *upload) file() string { return "upload-" + u.id }

func (s *Service) serveUpload(q *protocolRequest) {
	if q.r.Method == http.MethodPost {
		s.startUpload(q)
		return
	}
	u := s.findUpload(q)
	if u == nil {
		writeProblem(q.w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	switch q.r.Method {
	case http.MethodGet:
		s.answerUpload(q, u, http.StatusNoContent)
	case http.MethodDelete:
		s.dropUpload(q, u)
	case http.MethodPatch:
		if s.addPart(q, u) {
			s.answerUpload(q, u, http.StatusAccepted)
		}
	default:
		s.completeUpload(q, u)
	}
}

// startUpload has no blobs mounted from other repositories: the protocol lets a registry
// begin an ordinary upload instead.
func (s *Service) startUpload(q *protocolRequest) {
	u := &upload{id: strings.ToLower(rand.Text()), repository: q.name}
	s.mu.Lock()
	s.uploads[u.id] = u
	s.mu.Unlock()
	s.answerUpload(q, u, http.StatusAccepted)
}

func (s *Service) findUpload(q *protocolRequest) *upload {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.uploads[q.rest]
	if u == nil || u.repository != q.name {
		return nil
	}
	return u
}

func (s *Service) answerUpload(q *protocolRequest, u *upload, status int) {
	h := q.w.Header()
	h.Set("Location", s.cfg.URL+ProtocolPath+q.name+"/blobs/uploads/"+u.id)
	h.Set("Docker-Upload-Uuid", u.id)
	h.Set("Range", fmt.Sprintf("0-%d", max(0, u.size-1)))
	q.w.WriteHeader(status)
}

// addPart is false when it has answered itself.
func (s *Service) addPart(q *protocolRequest, u *upload) bool {
	if r := q.r.Header.Get("Content-Range"); r != "" {
		start, _, _ := strings.Cut(r, "-")
		if n, err := strconv.ParseInt(start, 10, 64); err != nil || n != u.size {
			s.answerUpload(q, u, http.StatusRequestedRangeNotSatisfiable)
			return false
		}
	}
	size, err := s.blobs.append(u.file(), q.r.Body)
	if err != nil {
		RefuseProtocol(q.w, err)
		return false
	}
	u.size = size
	return true
}

func (s *Service) completeUpload(q *protocolRequest, u *upload) {
	digest := q.r.URL.Query().Get("digest")
	if !validDigest.MatchString(digest) {
		writeProblem(q.w, http.StatusBadRequest, "DIGEST_INVALID", "invalid digest: "+digest)
		return
	}
	if !s.addPart(q, u) {
		return
	}
	if err := s.blobs.keep(u.file(), digest); err != nil {
		if errors.Is(err, errDigest) {
			writeProblem(q.w, http.StatusBadRequest, "DIGEST_INVALID", "Layer upload with digest "+digest+
				" does not have this digest")
			return
		}
		RefuseProtocol(q.w, err)
		return
	}
	if err := s.addLayer(u, digest); err != nil {
		RefuseProtocol(q.w, err)
		return
	}
	q.w.Header().Set("Location", s.cfg.URL+ProtocolPath+q.name+"/blobs/"+digest)
	q.w.Header().Set("Docker-Content-Digest", digest)
	q.w.WriteHeader(http.StatusCreated)
}

// addLayer gives the repository what was uploaded, unless it was deleted meanwhile.
func (s *Service) addLayer(u *upload, digest string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.uploads, u.id)
	repo, err := s.find(nil, &u.repository)
	if err != nil {
		return err
	}
	repo.layers[digest] = u.size
	return nil
}

func (s *Service) dropUpload(q *protocolRequest, u *upload) {
	s.mu.Lock()
	delete(s.uploads, u.id)
	s.mu.Unlock()
	if err := s.blobs.drop(u.file()); err != nil {
		RefuseProtocol(q.w, err)
		return
	}
	q.w.WriteHeader(http.StatusNoContent)
}

func (s *Service) serveBlob(q *protocolRequest) {
	if !s.hasLayer(q.name, q.rest) {
		writeProblem(q.w, http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry")
		return
	}
	s.sendBlob(q.w, q.r, q.rest)
}

func (s *Service) hasLayer(name, digest string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo := s.repositories[name]
	if repo == nil {
		return false
	}
	_, ok := repo.layers[digest]
	return ok
}

// sendBlob honours ranges, so that a broken download goes on.
func (s *Service) sendBlob(w http.ResponseWriter, r *http.Request, digest string) {
	file, err := s.blobs.open(digest)
	if err != nil {
		RefuseProtocol(w, err)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Docker-Content-Digest", digest)
	http.ServeContent(w, r, "", time.Time{}, file)
}
