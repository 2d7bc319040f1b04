package wiretap

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// credentialScope finds the signing name of the service in a SigV4 header:
// Credential=<key>/<date>/<region>/<service>/aws4_request.
var credentialScope = regexp.MustCompile(`Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request`)

// AWS names calls of the AWS JSON and query protocols, "ecs:CreateService", and those of S3 by
// their method and what of a bucket they are on, "s3:PUT tagging".
// Operations that do not begin like a read count as writes.
func AWS(req *http.Request, body []byte) (string, bool) {
	service := "unsigned"
	if match := credentialScope.FindStringSubmatch(req.Header.Get("Authorization")); match != nil {
		service = match[1]
	}
	if service == "s3" {
		on, _, _ := strings.Cut(req.URL.RawQuery, "&")
		on, _, _ = strings.Cut(on, "=")
		return strings.TrimSpace("s3:" + req.Method + " " + on), req.Method != http.MethodGet &&
			req.Method != http.MethodHead
	}
	operation := ""
	if target := req.Header.Get("X-Amz-Target"); target != "" {
		operation = target[strings.LastIndex(target, ".")+1:]
	} else if form, err := url.ParseQuery(string(body)); err == nil {
		operation = form.Get("Action")
	}
	for _, prefix := range []string{"Get", "List", "Describe", "Simulate"} {
		if strings.HasPrefix(operation, prefix) {
			return service + ":" + operation, false
		}
	}
	return service + ":" + operation, true
}

// prefectReads are the endings of paths that are read by POST.
var prefectReads = []string{"/filter", "/count", "/paginate", "/get_scheduled_flow_runs", "/history"}

// Prefect names calls of the Prefect API by method and path.
func Prefect(req *http.Request, _ []byte) (string, bool) {
	path := strings.TrimPrefix(req.URL.Path, "/api")
	name := "prefect:" + req.Method + " " + path
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		return name, false
	}
	for _, ending := range prefectReads {
		if strings.HasSuffix(path, ending) {
			return name, false
		}
	}
	return name, true
}
