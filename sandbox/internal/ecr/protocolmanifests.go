package ecr

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// maxManifest is ECR's limit of a manifest.
const maxManifest = 4 << 20

func (s *Service) serveManifest(q *protocolRequest) {
	if q.r.Method == http.MethodPut {
		s.pushManifest(q)
		return
	}
	img, err := s.pullManifest(q.name, q.rest)
	if err != nil {
		RefuseProtocol(q.w, err)
		return
	}
	h := q.w.Header()
	h.Set("Content-Type", string(img.mediaType))
	h.Set("Content-Length", strconv.Itoa(len(img.data)))
	h.Set("Docker-Content-Digest", img.digest)
	q.w.WriteHeader(http.StatusOK)
	if q.r.Method == http.MethodGet {
		_, _ = q.w.Write(img.data) // the client may be gone; there is nobody to tell
	}
}

// identify takes what stands after the colon, or the @, of a reference.
func identify(reference string) types.ImageIdentifier {
	if strings.Contains(reference, ":") {
		return types.ImageIdentifier{ImageDigest: &reference}
	}
	return types.ImageIdentifier{ImageTag: &reference}
}

// pullManifest finds an image and notes that it was pulled.
func (s *Service) pullManifest(name, reference string) (*manifest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.find(nil, &name)
	if err != nil {
		return nil, err
	}
	id := identify(reference)
	img := repo.lookUp(id)
	if img == nil {
		return nil, s.imageNotFound(repo, id)
	}
	now := time.Now()
	img.pulled = &now
	return img.manifest, nil
}

func (s *Service) pushManifest(q *protocolRequest) {
	data, err := io.ReadAll(http.MaxBytesReader(q.w, q.r.Body, maxManifest))
	if err != nil {
		writeProblem(q.w, http.StatusRequestEntityTooLarge, "SIZE_INVALID",
			fmt.Sprintf("the manifest cannot be read: %v", err))
		return
	}
	m, err := parseManifest(data, q.r.Header.Get("Content-Type"))
	if err == nil {
		err = s.pushed(q.name, m, identify(q.rest))
	}
	if err != nil {
		RefuseProtocol(q.w, err)
		return
	}
	q.w.Header().Set("Location", s.cfg.URL+ProtocolPath+q.name+"/manifests/"+m.digest)
	q.w.Header().Set("Docker-Content-Digest", m.digest)
	q.w.WriteHeader(http.StatusCreated)
}

// pushed is fine with an image that is there already, unlike PutImage.
func (s *Service) pushed(name string, m *manifest, id types.ImageIdentifier) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.find(nil, &name)
	if err != nil {
		return err
	}
	tag := ""
	if id.ImageDigest != nil && *id.ImageDigest != m.digest {
		return digestDiffers(*id.ImageDigest, m.digest)
	}
	if id.ImageTag != nil {
		tag = *id.ImageTag
	}
	_, _, err = s.put(repo, m, tag)
	return err
}

// serveTags answers tags/list, a page at a time if it is asked for one.
func (s *Service) serveTags(q *protocolRequest) {
	if q.rest != "list" && q.rest != "list/" {
		writeProblem(q.w, http.StatusNotFound, "UNSUPPORTED", "the ecsctl sandbox does not implement "+q.r.URL.Path)
		return
	}
	tags, query := s.tagsAfter(q.name, q.r.URL.Query().Get("last")), q.r.URL.Query()
	if n, err := strconv.Atoi(query.Get("n")); err == nil && n > 0 && n < len(tags) {
		tags = tags[:n]
		q.w.Header().Set("Link", fmt.Sprintf(`<%s%s%s/tags/list?n=%d&last=%s>; rel="next"`, s.cfg.URL, ProtocolPath,
			q.name, n, tags[n-1]))
	}
	body, err := json.Marshal(map[string]any{"name": q.name, "tags": tags})
	if err != nil {
		RefuseProtocol(q.w, err)
		return
	}
	q.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = q.w.Write(body) // the client may be gone; there is nobody to tell
}

func (s *Service) tagsAfter(name, last string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []string{}
	repo := s.repositories[name]
	if repo == nil {
		return out
	}
	for _, img := range repo.images {
		for _, tag := range img.tags {
			if tag > last {
				out = append(out, tag)
			}
		}
	}
	slices.Sort(out)
	return out
}
