package s3

import (
	"crypto/md5"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) putObject(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	content, err := contentOf(c)
	if err != nil {
		return wire.Answer{}, err
	}
	sum := md5.Sum(content)
	o := &object{key: c.key, contentType: c.HTTP.Header.Get("Content-Type"),
		etag:    `"` + hex.EncodeToString(sum[:]) + `"`,
		content: content, modified: s.cfg.Clock.Now(), metadata: http.Header{}}
	for name, values := range c.HTTP.Header {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			o.metadata[name] = values
		}
	}
	b.objects[c.key] = o
	out := empty(http.StatusOK)
	out.Header.Set("ETag", o.etag)
	return out, nil
}

// contentOf takes the content out of the chunks that SDKs send: "SIZE;extensions", the
// content, and after a chunk of no size the checksum.
func contentOf(c call) ([]byte, error) {
	if !strings.Contains(c.HTTP.Header.Get("Content-Encoding"), "aws-chunked") &&
		c.HTTP.Header.Get("X-Amz-Decoded-Content-Length") == "" {
		return c.Body, nil
	}
	var out []byte
	for rest := string(c.Body); ; {
		line, after, _ := strings.Cut(rest, "\r\n")
		length, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(length, 16, 31)
		if err != nil || int(n) > len(after) {
			return nil, wire.Errorf("IncompleteBody", "The request body terminated unexpectedly")
		}
		if n == 0 {
			return out, nil
		}
		out = append(out, after[:n]...)
		rest = strings.TrimPrefix(after[n:], "\r\n")
	}
}

// getObject answers HEAD too, which has no body.
func (s *Service) getObject(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	o := b.objects[c.key]
	if o == nil {
		return wire.Answer{}, wire.WithStatus(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	if c.HTTP.Header.Get("Range") != "" && len(o.content) > 0 && c.HTTP.Header.Get("Range") != "bytes=0-"+
		strconv.Itoa(len(o.content)-1) {
		return wire.Answer{}, wire.NotImplemented("a range of an object")
	}
	out := wire.Answer{Status: http.StatusOK, ContentType: o.contentType, Header: maps.Clone(o.metadata),
		Body: o.content}
	out.Header.Set("ETag", o.etag)
	out.Header.Set("Content-Length", strconv.Itoa(len(o.content)))
	out.Header.Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	return out, nil
}

func (s *Service) deleteObject(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	delete(b.objects, c.key)
	return empty(http.StatusNoContent), nil
}

// maxListed is how many objects a page has, and a DeleteObjects takes.
const maxListed = 1000

func (s *Service) deleteObjects(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	type reference struct {
		Key       string
		VersionID string `xml:"VersionId,omitempty"`
	}
	in, err := document[struct {
		Object []reference
		Quiet  bool
	}](c)
	if err != nil {
		return wire.Answer{}, err
	}
	if len(in.Object) == 0 || len(in.Object) > maxListed {
		return wire.Answer{}, malformed()
	}
	out := struct {
		XMLName struct{}    `xml:"DeleteResult"`
		Deleted []reference `xml:"Deleted"`
	}{}
	for _, o := range in.Object {
		delete(b.objects, o.Key)
		if !in.Quiet {
			out.Deleted = append(out.Deleted, o)
		}
	}
	return answer(out), nil
}

type listedObject struct {
	Key, ETag, LastModified, StorageClass string
	Size                                  int
	VersionID                             string `xml:"VersionId,omitempty"`
	IsLatest                              bool   `xml:",omitempty"`
}

// page lists the keys after one, and says whether there are more.
func (b *bucket) page(c call, after string) (page []listedObject, more bool) {
	most := maxListed
	if n, err := strconv.Atoi(c.HTTP.URL.Query().Get("max-keys")); err == nil {
		most = min(n, maxListed)
	}
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if key <= after || !strings.HasPrefix(key, c.HTTP.URL.Query().Get("prefix")) {
			continue
		}
		if len(page) == most {
			return page, true
		}
		o := b.objects[key]
		page = append(page, listedObject{
			Key: key, ETag: o.etag, LastModified: stamp(o.modified), StorageClass: "STANDARD", Size: len(o.content),
		})
	}
	return page, false
}

func (s *Service) listObjects(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	if c.HTTP.URL.Query().Get("delimiter") != "" {
		return wire.Answer{}, wire.NotImplemented("a list with a delimiter")
	}
	out := struct {
		XMLName               struct{} `xml:"ListBucketResult"`
		Name, Prefix          string
		KeyCount, MaxKeys     int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []listedObject
	}{Name: c.bucket, Prefix: c.HTTP.URL.Query().Get("prefix"), MaxKeys: maxListed}
	out.Contents, out.IsTruncated = b.page(c, c.HTTP.URL.Query().Get("continuation-token"))
	out.KeyCount = len(out.Contents)
	if out.IsTruncated {
		out.NextContinuationToken = out.Contents[len(out.Contents)-1].Key
	}
	return answer(out), nil
}

// listVersions lists what a bucket without versions has: one of each, "null".
func (s *Service) listVersions(c call) (wire.Answer, error) {
	b, err := s.find(c)
	if err != nil {
		return wire.Answer{}, err
	}
	out := struct {
		XMLName                            struct{} `xml:"ListVersionsResult"`
		Name                               string
		MaxKeys                            int
		IsTruncated                        bool
		NextKeyMarker, NextVersionIDMarker string         `xml:",omitempty"`
		Version                            []listedObject `xml:"Version"`
	}{Name: c.bucket, MaxKeys: maxListed}
	out.Version, out.IsTruncated = b.page(c, c.HTTP.URL.Query().Get("key-marker"))
	for i := range out.Version {
		out.Version[i].VersionID, out.Version[i].IsLatest = "null", true
	}
	if out.IsTruncated {
		out.NextKeyMarker = out.Version[len(out.Version)-1].Key
	}
	return answer(out), nil
}
