package authz

// ecrRights do not know the tags that repositories have.
var ecrRights = rights{
	"GetAuthorizationToken":         anything,
	"CreateRepository":              createRepository,
	"DescribeRepositories":          describeRepositories,
	"DeleteRepository":              onRepository,
	"BatchCheckLayerAvailability":   onRepository,
	"BatchDeleteImage":              onRepository,
	"BatchGetImage":                 onRepository,
	"CompleteLayerUpload":           onRepository,
	"DescribeImages":                onRepository,
	"DeleteLifecyclePolicy":         onRepository,
	"GetDownloadUrlForLayer":        onRepository,
	"GetLifecyclePolicy":            onRepository,
	"InitiateLayerUpload":           onRepository,
	"ListImages":                    onRepository,
	"PutImage":                      onRepository,
	"PutImageScanningConfiguration": onRepository,
	"PutImageTagMutability":         onRepository,
	"PutLifecyclePolicy":            onRepository,
	"UploadLayerPart":               onRepository,
	"TagResource": func(c *call) []need {
		return []need{c.on(c.text("resourceArn"), requestTags(c.tags("tags")))}
	},
	"UntagResource":       func(c *call) []need { return []need{c.on(c.text("resourceArn"), tagKeys(c.texts("tagKeys")))} },
	"ListTagsForResource": func(c *call) []need { return []need{c.on(c.text("resourceArn"))} },
}

func (c *call) repositoryARN(name string) string { return c.arn("ecr", "repository/"+name) }

func onRepository(c *call) []need { return []need{c.on(c.repositoryARN(c.text("repositoryName")))} }

func createRepository(c *call) []need {
	arn, tags := c.repositoryARN(c.text("repositoryName")), c.tags("tags")
	out := []need{c.on(arn, requestTags(tags))}
	if len(tags) > 0 {
		out = append(out, c.action("ecr:TagResource", arn, requestTags(tags)))
	}
	return out
}

// describeRepositories without names is about all of them.
func describeRepositories(c *call) []need {
	names := c.texts("repositoryNames")
	if len(names) == 0 {
		names = []string{"*"}
	}
	var out []need
	for _, name := range names {
		out = append(out, c.on(c.repositoryARN(name)))
	}
	return out
}
