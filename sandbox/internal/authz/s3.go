package authz

import "strings"

// s3Rights are those of the operations of S3, whose actions have names of their own.
var s3Rights = rights{
	"ListBuckets":                     func(c *call) []need { return []need{c.action("s3:ListAllMyBuckets", "*")} },
	"CreateBucket":                    createBucket,
	"HeadBucket":                      onBucket("ListBucket"),
	"ListObjectsV2":                   onBucket("ListBucket"),
	"ListObjectVersions":              onBucket("ListBucketVersions"),
	"DeleteBucket":                    onBucket("DeleteBucket"),
	"GetBucketLocation":               onBucket("GetBucketLocation"),
	"GetBucketTagging":                onBucket("GetBucketTagging"),
	"PutBucketTagging":                onBucket("PutBucketTagging"),
	"GetBucketEncryption":             onBucket("GetEncryptionConfiguration"),
	"PutBucketEncryption":             onBucket("PutEncryptionConfiguration"),
	"GetPublicAccessBlock":            onBucket("GetBucketPublicAccessBlock"),
	"PutPublicAccessBlock":            onBucket("PutBucketPublicAccessBlock"),
	"GetBucketLifecycleConfiguration": onBucket("GetLifecycleConfiguration"),
	"PutBucketLifecycleConfiguration": onBucket("PutLifecycleConfiguration"),
	"PutObject":                       onObject("PutObject"),
	"GetObject":                       onObject("GetObject"),
	"HeadObject":                      onObject("GetObject"),
	"DeleteObject":                    onObject("DeleteObject"),
	"DeleteObjects":                   func(c *call) []need { return []need{c.action("s3:DeleteObject", c.bucketARN()+"/*")} },
}

func createBucket(c *call) []need {
	out := []need{c.action("s3:CreateBucket", c.bucketARN())}
	if strings.Contains(string(c.Request.Body), "<Tags>") {
		out = append(out, c.action("s3:TagResource", c.bucketARN()))
	}
	return out
}

func onBucket(action string) func(*call) []need {
	return func(c *call) []need { return []need{c.action("s3:"+action, c.bucketARN())} }
}

func onObject(action string) func(*call) []need {
	return func(c *call) []need {
		return []need{c.action("s3:"+action, "arn:"+c.Partition+":s3:::"+strings.TrimPrefix(c.Request.HTTP.URL.Path, "/"))}
	}
}

// bucketARN has neither region nor account: names of buckets are unique.
func (c *call) bucketARN() string {
	name, _, _ := strings.Cut(strings.TrimPrefix(c.Request.HTTP.URL.Path, "/"), "/")
	return "arn:" + c.Partition + ":s3:::" + name
}
