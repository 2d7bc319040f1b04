package authz

var sqsRights = rights{
	"ListQueues": anything,
	"CreateQueue": func(c *call) []need {
		tags := c.tags("tags")
		out := []need{c.onQueue("sqs:CreateQueue", c.text("QueueName"), requestTags(tags))}
		if len(tags) > 0 {
			out = append(out, c.onQueue("sqs:TagQueue", c.text("QueueName"), requestTags(tags)))
		}
		return out
	},
	"GetQueueUrl": func(c *call) []need {
		return []need{c.onQueue("sqs:GetQueueUrl", c.text("QueueName"))}
	},
	"GetQueueAttributes":           queueAction("GetQueueAttributes"),
	"SetQueueAttributes":           queueAction("SetQueueAttributes"),
	"DeleteQueue":                  queueAction("DeleteQueue"),
	"PurgeQueue":                   queueAction("PurgeQueue"),
	"ListDeadLetterSourceQueues":   queueAction("ListDeadLetterSourceQueues"),
	"SendMessage":                  queueAction("SendMessage"),
	"SendMessageBatch":             queueAction("SendMessage"),
	"ReceiveMessage":               queueAction("ReceiveMessage"),
	"DeleteMessage":                queueAction("DeleteMessage"),
	"DeleteMessageBatch":           queueAction("DeleteMessage"),
	"ChangeMessageVisibility":      queueAction("ChangeMessageVisibility"),
	"ChangeMessageVisibilityBatch": queueAction("ChangeMessageVisibility"),
	"ListQueueTags":                queueAction("ListQueueTags"),
	"TagQueue":                     queueAction("TagQueue"),
	"UntagQueue":                   queueAction("UntagQueue"),
}

// queueAction is for operations on the queue of a URL; those on batches have the action of
// the single one.
func queueAction(name string) func(*call) []need {
	return func(c *call) []need {
		return []need{c.onQueue("sqs:"+name, lastPart(c.text("QueueUrl")), requestTags(c.tags("Tags")),
			tagKeys(c.texts("TagKeys")))}
	}
}

// onQueue also goes by the queue's own policy.
func (c *call) onQueue(action, name string, facts ...fact) need {
	tags, own := c.SQS.Facts(name)
	n := c.action(action, c.arn("sqs", name), append(facts, resourceTags(tags))...)
	n.policy = own
	return n
}
