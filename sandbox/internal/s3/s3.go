// Package s3 plays Amazon S3 as far as bundles of flows need it: buckets with their settings, and
// objects of one piece. Addresses are path-style, as the SDKs use for an IP address.
package s3

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"ecsctl/sandbox/internal/clock"
	"ecsctl/sandbox/internal/wire"
)

// Name is that of the service in signatures and actions.
const Name = "s3"

// Config is the account that the buckets are in.
type Config struct {
	Region, Account string
	Clock           *clock.Clock
}

// Service holds the buckets of an account.
type Service struct {
	cfg     Config
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	name    string
	created time.Time
	tags    map[string]string
	// settings are documents as they were put, by their name in a URL.
	settings map[string][]byte
	objects  map[string]*object
}

type object struct {
	key, contentType string
	etag             string
	metadata         http.Header
	content          []byte
	modified         time.Time
}

// New makes an account without buckets.
func New(cfg Config) *Service { return &Service{cfg: cfg, buckets: map[string]*bucket{}} }

// call is a request, taken apart.
type call struct {
	*wire.Request
	bucket, key string
}

// operations are what is implemented.
var operations = map[string]func(*Service, call) (wire.Answer, error){
	"ListBuckets": (*Service).listBuckets, "CreateBucket": (*Service).createBucket, "HeadBucket": (*Service).headBucket,
	"DeleteBucket": (*Service).deleteBucket, "GetBucketLocation": (*Service).getLocation,
	"GetBucketTagging": (*Service).getTagging, "PutBucketTagging": (*Service).putTagging,
	"GetBucketEncryption": (*Service).getEncryption, "PutBucketEncryption": (*Service).putEncryption,
	"GetPublicAccessBlock": (*Service).getAccessBlock, "PutPublicAccessBlock": (*Service).putAccessBlock,
	"GetBucketLifecycleConfiguration": (*Service).getLifecycle,
	"PutBucketLifecycleConfiguration": (*Service).putLifecycle,
	"GetBucketPolicy":                 (*Service).getPolicy, "PutBucketPolicy": (*Service).putPolicy,
	"PutObject": (*Service).putObject, "GetObject": (*Service).getObject, "HeadObject": (*Service).getObject,
	"DeleteObject": (*Service).deleteObject, "DeleteObjects": (*Service).deleteObjects,
	"ListObjectsV2": (*Service).listObjects, "ListObjectVersions": (*Service).listVersions,
}

// Operations implements wire.Service.
func (s *Service) Operations() []string {
	var out []string
	for name := range operations {
		out = append(out, name)
	}
	return out
}

// Call implements wire.Service.
func (s *Service) Call(_ context.Context, r *wire.Request) (wire.Answer, error) {
	serve, ok := operations[r.Operation]
	if !ok {
		return wire.Answer{}, wire.NotImplemented("the operation " + r.Operation)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, key := split(r.HTTP.URL.Path)
	return serve(s, call{Request: r, bucket: bucket, key: key})
}

// Refuse implements wire.Service. An answer to HEAD has no body.
func (s *Service) Refuse(r *wire.Request, e *wire.Error) wire.Answer {
	out := answer(struct {
		XMLName              struct{} `xml:"Error"`
		Code, Message        string
		BucketName, Resource string `xml:",omitempty"`
		RequestID            string `xml:"RequestId"`
	}{Code: e.Code, Message: e.Message, Resource: r.HTTP.URL.Path, RequestID: r.ID})
	out.Status = e.HTTPStatus()
	if r.HTTP.Method == http.MethodHead {
		out.Body = nil
	}
	return out
}

// split takes bucket and key out of a path.
func split(path string) (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return bucket, key
}

// find returns the bucket of a call.
func (s *Service) find(c call) (*bucket, error) {
	if b := s.buckets[c.bucket]; b != nil {
		return b, nil
	}
	return nil, wire.WithStatus(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
}
