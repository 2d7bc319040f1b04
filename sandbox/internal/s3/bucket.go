package s3

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"ecsctl/sandbox/internal/wire"
)

// bucketName is what AWS takes for a new bucket ("Bucket naming rules").
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

type tag struct{ Key, Value string }

type creation struct {
	LocationConstraint string
	Tags               struct{ Tag []tag }
}

// usEast1 is the region whose buckets have no location constraint.
const usEast1 = "us-east-1"

func (s *Service) createBucket(c call) (wire.Answer, error) {
	if !bucketName.MatchString(c.bucket) || strings.Contains(c.bucket, "..") {
		return wire.Answer{}, wire.Errorf("InvalidBucketName", "The specified bucket is not valid.")
	}
	wanted := &creation{}
	if len(c.Body) > 0 {
		var err error
		if wanted, err = document[creation](c); err != nil {
			return wire.Answer{}, err
		}
	}
	if at := wanted.LocationConstraint; at == "" && s.cfg.Region != usEast1 || at != "" && at != s.cfg.Region {
		return wire.Answer{}, wire.Errorf("IllegalLocationConstraintException",
			"The %s location constraint is incompatible for the region specific endpoint this request was sent to.",
			orUnspecified(at))
	}
	if s.buckets[c.bucket] != nil && s.cfg.Region != usEast1 {
		return wire.Answer{}, wire.WithStatus(http.StatusConflict, "BucketAlreadyOwnedByYou",
			"Your previous request to create the named bucket succeeded and you already own it.")
	}
	if s.buckets[c.bucket] == nil {
		tags, err := tagMap(wanted.Tags.Tag)
		if err != nil {
			return wire.Answer{}, err
		}
		s.buckets[c.bucket] = &bucket{name: c.bucket, created: s.cfg.Clock.Now(), tags: tags,
			settings: map[string][]byte{"publicAccessBlock": allBlocked, "encryption": usualEncryption},
			objects:  map[string]*object{}}
	}
	out := empty(http.StatusOK)
	out.Header.Set("Location", "/"+c.bucket)
	return out, nil
}

func orUnspecified(location string) string {
	if location == "" {
		return "unspecified"
	}
	return location
}

func (s *Service) headBucket(c call) (wire.Answer, error) {
	if _, err := s.find(c); err != nil {
		return wire.Answer{}, err
	}
	out := empty(http.StatusOK)
	out.Header.Set("X-Amz-Bucket-Region", s.cfg.Region)
	return out, nil
}

func (s *Service) deleteBucket(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	if len(b.objects) > 0 {
		return wire.Answer{}, wire.WithStatus(http.StatusConflict, "BucketNotEmpty",
			"The bucket you tried to delete is not empty")
	}
	delete(s.buckets, c.bucket)
	return empty(http.StatusNoContent), nil
}

func (s *Service) getLocation(c call) (wire.Answer, error) {
	if _, err := s.find(c); err != nil {
		return wire.Answer{}, err
	}
	at := s.cfg.Region
	if at == usEast1 {
		at = ""
	}
	return answer(struct {
		XMLName struct{} `xml:"LocationConstraint"`
		At      string   `xml:",chardata"`
	}{At: at}), nil
}

type listedBucket struct{ Name, CreationDate string }

func (s *Service) listBuckets(call) (wire.Answer, error) {
	out := struct {
		XMLName struct{}       `xml:"ListAllMyBucketsResult"`
		Owner   string         `xml:"Owner>ID"`
		Buckets []listedBucket `xml:"Buckets>Bucket"`
	}{Owner: s.cfg.Account}
	for _, b := range s.buckets {
		out.Buckets = append(out.Buckets, listedBucket{b.name, stamp(b.created)})
	}
	slices.SortFunc(out.Buckets, func(a, b listedBucket) int { return strings.Compare(a.Name, b.Name) })
	return answer(out), nil
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }
