package authz

import "encoding/json"

var eventsRights = rights{
	"ListRules":             anything,
	"ListRuleNamesByTarget": anything,
	"PutRule":               putRule,
	"DescribeRule":          func(c *call) []need { return c.onRule(c.text("Name")) },
	"DeleteRule":            func(c *call) []need { return c.onRule(c.text("Name")) },
	"EnableRule":            func(c *call) []need { return c.onRule(c.text("Name")) },
	"DisableRule":           func(c *call) []need { return c.onRule(c.text("Name")) },
	"PutTargets":            putTargets,
	"RemoveTargets":         func(c *call) []need { return c.onRule(c.text("Rule")) },
	"ListTargetsByRule":     func(c *call) []need { return c.onRule(c.text("Rule")) },
	"TagResource": func(c *call) []need {
		return c.onRule(lastPart(c.text("ResourceARN")), requestTags(c.tags("Tags")))
	},
	"UntagResource": func(c *call) []need {
		return c.onRule(lastPart(c.text("ResourceARN")), tagKeys(c.texts("TagKeys")))
	},
	"ListTagsForResource": func(c *call) []need { return c.onRule(lastPart(c.text("ResourceARN"))) },
}

// onRule is on a rule of the default bus, the only one here.
func (c *call) onRule(name string, facts ...fact) []need {
	facts = append(facts, key("events:creatorAccount", c.ID), resourceTags(c.Events.Tags(name)))
	return []need{c.on(c.arn("events", "rule/"+name), facts...)}
}

func putRule(c *call) []need {
	tags := c.tags("Tags")
	var pattern struct {
		Source     []any `json:"source"`
		DetailType []any `json:"detail-type"`
	}
	// What is no pattern the service refuses itself.
	_ = json.Unmarshal([]byte(c.text("EventPattern")), &pattern)
	out := c.onRule(c.text("Name"), requestTags(tags),
		key("events:source", scalars(pattern.Source)...), key("events:detail-type", scalars(pattern.DetailType)...))
	if len(tags) > 0 {
		out = append(out, c.action("events:TagResource", c.arn("events", "rule/"+c.text("Name")), requestTags(tags),
			key("events:creatorAccount", c.ID)))
	}
	return out
}

func putTargets(c *call) []need {
	list, _ := c.body["Targets"].([]any)
	var arns []string
	for _, item := range list {
		target, _ := item.(map[string]any)
		arns = append(arns, scalar(target["Arn"]))
	}
	return c.onRule(c.text("Rule"), key("events:TargetArn", arns...))
}
