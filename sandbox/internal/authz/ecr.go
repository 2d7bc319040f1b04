package authz

import (
	"ecsctl/sandbox/internal/iam"
	"ecsctl/sandbox/internal/wire"
)

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
	"UntagResource": func(c *call) []need {
		return []need{c.on(c.text("resourceArn"), tagKeys(c.texts("tagKeys")))}
	},
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

// AuthorizeAction decides on what is asked of the image registry, which is no AWS call.
// The error is a refusal in the words of ECR.
func (a *Account) AuthorizeAction(caller iam.Principal, action, resource string) error {
	c := &call{Account: a, Call: Call{Service: "ecr", Caller: caller}}
	d := a.allows(c, need{action: action, resource: resource}, action)
	if d.Allowed {
		return nil
	}
	return wire.Errorf("AccessDeniedException", "%s", d.Refusal(caller, action, resource))
}
