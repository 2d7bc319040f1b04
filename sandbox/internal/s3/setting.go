package s3

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

// What every new bucket has since 2023 ("Default settings for new S3 buckets").
var (
	allBlocked = []byte(
		`<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>` +
			`<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`)
	usualEncryption = []byte(
		`<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>` +
			`</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`)
)

func (s *Service) getAccessBlock(c call) (wire.Answer, error) {
	return s.getSetting(c, "publicAccessBlock", "NoSuchPublicAccessBlockConfiguration",
		"The public access block configuration was not found")
}

func (s *Service) putAccessBlock(c call) (wire.Answer, error) {
	type configuration struct {
		BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
	}
	return put[configuration](s, c, "publicAccessBlock", func(*configuration) error { return nil })
}

func (s *Service) getEncryption(c call) (wire.Answer, error) {
	return s.getSetting(c, "encryption", "ServerSideEncryptionConfigurationNotFoundError",
		"The server side encryption configuration was not found")
}

func (s *Service) putEncryption(c call) (wire.Answer, error) {
	type configuration struct {
		Rule []struct {
			Default struct{ SSEAlgorithm string } `xml:"ApplyServerSideEncryptionByDefault"`
		}
	}
	return put(s, c, "encryption", func(in *configuration) error {
		if len(in.Rule) != 1 || !slices.Contains([]string{"AES256", "aws:kms", "aws:kms:dsse"},
			in.Rule[0].Default.SSEAlgorithm) {
			return malformed()
		}
		return nil
	})
}

func (s *Service) getLifecycle(c call) (wire.Answer, error) {
	return s.getSetting(c, "lifecycle", "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
}

type lifecycle struct {
	Rule []struct {
		ID, Status string
		Filter     *struct{ Prefix string }
		Prefix     *string
		Expiration *struct{ Days int }
		Abort      *struct{ DaysAfterInitiation int } `xml:"AbortIncompleteMultipartUpload"`
	}
}

func (s *Service) putLifecycle(c call) (wire.Answer, error) {
	return put(s, c, "lifecycle", func(in *lifecycle) error {
		for _, rule := range in.Rule {
			known := rule.Status == "Enabled" || rule.Status == "Disabled"
			if !known || (rule.Filter == nil) == (rule.Prefix == nil) || rule.Expiration == nil && rule.Abort == nil {
				return malformed()
			}
			if rule.Expiration != nil && rule.Expiration.Days < 1 {
				return wire.Errorf("InvalidArgument", "'Days' for Expiration action must be a positive integer")
			}
		}
		if len(in.Rule) == 0 {
			return malformed()
		}
		return nil
	})
}

// put keeps a document that is well formed and passes a check.
func put[T any](s *Service, c call, name string, check func(*T) error) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	in, err := document[T](c)
	if err != nil {
		return wire.Answer{}, err
	}
	if err := check(in); err != nil {
		return wire.Answer{}, err
	}
	b.settings[name] = slices.Clone(c.Body)
	return empty(http.StatusOK), nil
}

func (s *Service) getSetting(c call, name, code, message string) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	raw := b.settings[name]
	if raw == nil {
		return wire.Answer{}, wire.WithStatus(http.StatusNotFound, code, "%s", message)
	}
	return wire.Answer{Status: http.StatusOK, ContentType: "application/xml", Body: raw}, nil
}

type tagging struct {
	XMLName struct{} `xml:"Tagging"`
	Tag     []tag    `xml:"TagSet>Tag"`
}

func (s *Service) getTagging(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	if len(b.tags) == 0 {
		return wire.Answer{}, wire.WithStatus(http.StatusNotFound, "NoSuchTagSet", "The TagSet does not exist")
	}
	var out tagging
	for _, key := range slices.Sorted(maps.Keys(b.tags)) {
		out.Tag = append(out.Tag, tag{key, b.tags[key]})
	}
	return answer(out), nil
}

// putTagging replaces all tags.
func (s *Service) putTagging(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	in, err := document[tagging](c)
	if err != nil {
		return wire.Answer{}, err
	}
	tags, err := tagMap(in.Tag)
	if err == nil {
		b.tags = tags
	}
	return empty(http.StatusNoContent), err
}

func tagMap(tags []tag) (map[string]string, error) {
	out := map[string]string{}
	for _, t := range tags {
		if t.Key == "" || len(t.Key) > 128 || len(t.Value) > 256 || strings.HasPrefix(t.Key, "aws:") {
			return nil, wire.Errorf("InvalidTag", "The TagKey you have provided is invalid")
		}
		out[t.Key] = t.Value
	}
	return out, nil
}
