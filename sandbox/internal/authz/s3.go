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
	"GetBucketPolicy":                 onBucket("GetBucketPolicy"),
	"PutBucketPolicy":                 onBucket("PutBucketPolicy"),
	"PutObject":                       onObject("PutObject"),
	"GetObject":                       onObject("GetObject"),
	"HeadObject":                      onObject("GetObject"),
	"DeleteObject":                    onObject("DeleteObject"),
	"DeleteObjects":                   deleteObjects,
}

func createBucket(c *call) []need {
	out := []need{c.action("s3:CreateBucket", c.bucketARN())}
	if strings.Contains(string(c.Request.Body), "<Tags>") {
		out = append(out, c.action("s3:TagResource", c.bucketARN()))
	}
	return out
}

func onBucket(action string) func(*call) []need {
	return func(c *call) []need { return []need{c.inBucket(action, "")} }
}

func onObject(action string) func(*call) []need {
	return func(c *call) []need {
		_, key, _ := strings.Cut(strings.TrimPrefix(c.Request.HTTP.URL.Path, "/"), "/")
		return []need{c.inBucket(action, "/"+key)}
	}
}

// deleteObjects takes other rights for versions that are named.
func deleteObjects(c *call) []need {
	action := "DeleteObject"
	if strings.Contains(string(c.Request.Body), "<VersionId>") {
		action = "DeleteObjectVersion"
	}
	return []need{c.inBucket(action, "/*")}
}

// inBucket also goes by the bucket's own policy.
func (c *call) inBucket(action, object string) need {
	n := c.action("s3:"+action, c.bucketARN()+object, resourceTags(c.S3.Tags(c.bucketName())))
	n.policy = c.S3.Policy(c.bucketName())
	return n
}

// bucketARN has neither region nor account: names of buckets are unique.
func (c *call) bucketARN() string {
	return "arn:" + c.Partition + ":s3:::" + c.bucketName()
}

func (c *call) bucketName() string {
	name, _, _ := strings.Cut(strings.TrimPrefix(c.Request.HTTP.URL.Path, "/"), "/")
	return name
}
