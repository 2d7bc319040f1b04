package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm   = "AWS4-HMAC-SHA256"
	terminator  = "aws4_request"
	amzDate     = "X-Amz-Date"
	amzSHA256   = "X-Amz-Content-Sha256"
	timeFormat  = "20060102T150405Z"
	maxSkew     = 5 * time.Minute // of the services that are played; S3 takes more
	amzPrefix   = "x-amz-"
	hostHeader  = "host"
	daysOfScope = len("20060102")
)

const s3Service = "s3"

// unsignedBodies are what S3 takes in place of a body's hash (S3 API, "Authenticating requests"):
// the SDKs send checksums behind the body then.
var unsignedBodies = []string{"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}

// credential is what a SigV4 Authorization header says about a call: who signs, for which day,
// region and service, which headers are signed, and the signature.
type credential struct {
	key, day, region, service string
	headers                   []string
	signature                 string
}

// parseCredential reads the header; ok is false for one that is not of SigV4.
func parseCredential(header string) (c credential, ok bool) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return credential{}, false
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	if len(scope) != 5 || scope[4] != terminator {
		return credential{}, false
	}
	return credential{
		key: scope[0], day: scope[1], region: scope[2], service: scope[3],
		headers: strings.Split(fields["SignedHeaders"], ";"), signature: fields["Signature"],
	}, true
}

// wrongSignature is why a signature does not count.
type wrongSignature struct {
	stale   bool // it was right once, or will be
	message string
}

const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS " +
	"Secret Access Key and signing method. " +
	"Consult the service documentation for details."

// verify holds the signature against the secret of its key; nil when it is right. The parts are those of
// AWS's "Create a signed AWS API request", written anew: what signs here is the SDKs.
func (c credential) verify(r *http.Request, body []byte, secret string, now time.Time) *wrongSignature {
	if !slices.Contains(c.headers, hostHeader) {
		return &wrongSignature{message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."}
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, amzPrefix) && !slices.Contains(c.headers, name) {
			return &wrongSignature{message: "'" + name + "' must be a 'SignedHeader' in the AWS Authorization."}
		}
	}
	date := r.Header.Get(amzDate)
	signedAt, err := time.Parse(timeFormat, date)
	if err != nil || date[:daysOfScope] != c.day {
		return &wrongSignature{message: "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of " +
			"date from HTTP: '" + c.day + "' != '" + date + "'."}
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	switch said := r.Header.Get(amzSHA256); {
	case said == "" || said == hash:
	case c.service == s3Service && slices.Contains(unsignedBodies, said):
		hash = said
	default:
		return &wrongSignature{message: mismatch}
	}
	given, err := hex.DecodeString(c.signature)
	if err != nil || !hmac.Equal(given, c.sign(secret, date, c.canonical(r, hash))) {
		return &wrongSignature{message: mismatch}
	}
	if now.Sub(signedAt).Abs() > maxSkew {
		return &wrongSignature{stale: true, message: "Signature expired: " + date + " is not within 5 minutes of " +
			now.UTC().Format(timeFormat)}
	}
	return nil
}

// sign makes the signature of a canonical request.
func (c credential) sign(secret, date, canonical string) []byte {
	sum := sha256.Sum256([]byte(canonical))
	scope := strings.Join([]string{c.day, c.region, c.service, terminator}, "/")
	key := []byte("AWS4" + secret)
	for _, part := range []string{c.day, c.region, c.service, terminator} {
		key = mac(key, part)
	}
	return mac(key, strings.Join([]string{algorithm, date, scope, hex.EncodeToString(sum[:])}, "\n"))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func (c credential) canonical(r *http.Request, hash string) string {
	var headers strings.Builder
	for _, name := range c.headers {
		headers.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	return strings.Join([]string{
		r.Method, c.canonicalPath(r), canonicalQuery(r), headers.String(), strings.Join(c.headers, ";"), hash,
	}, "\n")
}

// canonicalHeader has the values of a header in one line. Go keeps two of them elsewhere.
func canonicalHeader(r *http.Request, name string) string {
	switch name {
	case hostHeader:
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	var values []string
	for _, value := range r.Header.Values(name) {
		values = append(values, strings.Join(strings.Fields(value), " "))
	}
	return strings.Join(values, ",")
}

// canonicalPath is encoded once more than it came, as for all services but S3.
func (c credential) canonicalPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	if path == "" {
		return "/"
	}
	if c.service == s3Service {
		return path
	}
	return strings.ReplaceAll(escaped(path), "%2F", "/")
}

func canonicalQuery(r *http.Request) string {
	var pairs []string
	for name, values := range r.URL.Query() {
		for _, value := range values {
			pairs = append(pairs, escaped(name)+"="+escaped(value))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escaped encodes all but the unreserved characters of RFC 3986.
func escaped(text string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
	var out strings.Builder
	for i := range len(text) {
		if b := text[i]; strings.IndexByte(unreserved, b) >= 0 {
			out.WriteByte(b)
		} else {
			out.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{b})))
		}
	}
	return out.String()
}
