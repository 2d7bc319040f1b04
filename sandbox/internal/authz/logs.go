package authz

import "strings"

// Actions on a log group are on ARNs that go on after its name; the tagging of groups
// alone is on the plain ARN (CloudWatch Logs User Guide, "Resources").
var logsRights = rights{
	"CreateLogGroup":        createLogGroup,
	"DescribeLogGroups":     func(c *call) []need { return []need{c.on(c.logStream("", ""))} },
	"DeleteLogGroup":        onLogGroup,
	"PutRetentionPolicy":    onLogGroup,
	"DeleteRetentionPolicy": onLogGroup,
	"DescribeLogStreams":    onLogGroup,
	"FilterLogEvents":       onLogGroup,
	"CreateLogStream":       onLogStream,
	"DeleteLogStream":       onLogStream,
	"PutLogEvents":          onLogStream,
	"GetLogEvents":          onLogStream,
	"TagResource": func(c *call) []need {
		return []need{c.on(c.text("resourceArn"), requestTags(c.tags("tags")), c.logTags(c.text("resourceArn")))}
	},
	"UntagResource": func(c *call) []need {
		return []need{c.on(c.text("resourceArn"), tagKeys(c.texts("tagKeys")), c.logTags(c.text("resourceArn")))}
	},
	"ListTagsForResource": func(c *call) []need {
		return []need{c.on(c.text("resourceArn"), c.logTags(c.text("resourceArn")))}
	},
}

func (c *call) logGroupARN(name string) string { return c.arn("logs", "log-group:"+name) }

func (c *call) logStream(group, stream string) string {
	return c.logGroupARN(group) + ":log-stream:" + stream
}

// logGroup is given by name, or by a name or an ARN.
func (c *call) logGroup() string {
	if name := c.text("logGroupName"); name != "" {
		return name
	}
	return c.groupOf(c.text("logGroupIdentifier"))
}

func (c *call) groupOf(arn string) string {
	return strings.TrimSuffix(strings.TrimPrefix(arn, c.logGroupARN("")), ":*")
}

func (c *call) logTags(arn string) fact { return resourceTags(c.Logs.Tags(c.groupOf(arn))) }

func onLogGroup(c *call) []need {
	group := c.logGroup()
	return []need{c.on(c.logStream(group, ""), resourceTags(c.Logs.Tags(group)))}
}

func onLogStream(c *call) []need {
	group := c.logGroup()
	return []need{c.on(c.logStream(group, c.text("logStreamName")), resourceTags(c.Logs.Tags(group)))}
}

// createLogGroup with tags needs one of the two actions that tag (API reference of CreateLogGroup).
func createLogGroup(c *call) []need {
	group, tags := c.text("logGroupName"), c.tags("tags")
	out := []need{c.on(c.logStream(group, ""), requestTags(tags))}
	if len(tags) > 0 {
		tag := c.action("logs:TagResource", c.logGroupARN(group), requestTags(tags))
		tag.instead = "logs:TagLogGroup"
		out = append(out, tag)
	}
	return out
}
