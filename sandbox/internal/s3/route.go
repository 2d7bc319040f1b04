package s3

import (
	"net/http"
	"net/url"
)

// settingOperations are the operations on settings of a bucket, by the name in the URL's query.
var settingOperations = map[string]string{
	"tagging": "BucketTagging", "encryption": "BucketEncryption", "publicAccessBlock": "PublicAccessBlock",
	"lifecycle": "BucketLifecycleConfiguration", "location": "BucketLocation", "versioning": "BucketVersioning",
	"policy": "BucketPolicy", "acl": "BucketAcl", "cors": "BucketCors", "ownershipControls": "BucketOwnershipControls",
	"notification": "BucketNotificationConfiguration", "website": "BucketWebsite", "logging": "BucketLogging",
	"replication": "BucketReplication", "object-lock": "ObjectLockConfiguration",
}

// verbs begin the names of operations.
var verbs = map[string]string{
	http.MethodGet: "Get", http.MethodPut: "Put", http.MethodHead: "Head", http.MethodDelete: "Delete",
}

// OperationOf names what a request asks for: S3's URLs do not.
func OperationOf(r *http.Request) string {
	bucket, key := split(r.URL.Path)
	query := r.URL.Query()
	switch {
	case bucket == "":
		return "ListBuckets"
	case key == "":
		return onBucket(r.Method, query)
	}
	return onObject(r, query)
}

func onBucket(method string, query url.Values) string {
	for name, operation := range settingOperations {
		if query.Has(name) {
			return verbs[method] + operation
		}
	}
	switch {
	case method == http.MethodPut:
		return "CreateBucket"
	case method == http.MethodPost && query.Has("delete"):
		return "DeleteObjects"
	case method != http.MethodGet:
		return verbs[method] + "Bucket"
	case query.Has("versions"):
		return "ListObjectVersions"
	case query.Has("uploads"):
		return "ListMultipartUploads"
	case query.Get("list-type") == "2":
		return "ListObjectsV2"
	}
	return "ListObjects"
}

func onObject(r *http.Request, query url.Values) string {
	switch {
	case query.Has("uploads"):
		return "CreateMultipartUpload"
	case query.Has("partNumber"):
		return "UploadPart"
	case query.Has("uploadId"):
		return "CompleteMultipartUpload"
	case r.Header.Get("X-Amz-Copy-Source") != "":
		return "CopyObject"
	}
	for _, name := range []string{"tagging", "acl", "retention", "legal-hold"} {
		if query.Has(name) {
			return verbs[r.Method] + "Object:" + name
		}
	}
	return verbs[r.Method] + "Object"
}
