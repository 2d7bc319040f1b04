package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"golang.org/x/sync/errgroup"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
)

// queue is an SQS queue of the observer: the one that takes task changes, or the
// dead-letter queue behind it.
type queue struct {
	w      *world
	kind   Kind
	name   string
	flag   string // names it on the command line
	needed []Kind
	// attributes are what its content is; policy, if any, is one of them and is
	// compared as a policy.
	attributes func() map[string]string
	found      *foundQueue
}

type foundQueue struct {
	url        string
	attributes map[string]string
	tags       map[string]string
}

func (q *queue) ref() (Kind, string) { return q.kind, q.name }
func (q *queue) arn() string         { return q.w.id.arn("sqs", q.name) }
func (q *queue) owned() bool         { return q.found != nil && q.w.owns(q.found.tags) }

func (q *queue) needs() []Kind {
	if !q.w.Observes() {
		return []Kind{KindService} // the workers leave it first
	}
	return q.needed
}

func (q *queue) find(ctx context.Context) error {
	found, err := q.read(ctx)
	if queueIsGone(err) {
		found, err = nil, nil
	}
	q.found = found
	return explain(fmt.Sprintf("read %s %q", q.kind, q.name), err)
}

func (q *queue) read(ctx context.Context) (*foundQueue, error) {
	api := q.w.aws.SQS
	named, err := api.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.name})
	if err != nil {
		return nil, err
	}
	var got *sqs.GetQueueAttributesOutput
	var tags *sqs.ListQueueTagsOutput
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		got, err = api.GetQueueAttributes(gctx, &sqs.GetQueueAttributesInput{
			QueueUrl: named.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
		})
		return err
	})
	group.Go(func() (err error) {
		tags, err = api.ListQueueTags(gctx, &sqs.ListQueueTagsInput{QueueUrl: named.QueueUrl})
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return &foundQueue{url: *named.QueueUrl, attributes: got.Attributes, tags: tags.Tags}, nil
}

// check refuses a queue that somebody else made: what rules may send to it is theirs to say.
func (q *queue) check() error {
	if !q.w.Observes() || q.found == nil || q.owned() {
		return nil
	}
	return hint.Add(fmt.Errorf("%s %q exists and was not made by ecsctl for this pool", q.kind, q.name),
		"name another one with --"+q.flag+", or do without with --no-observer")
}

func (q *queue) diff() Change {
	if !q.w.Observes() {
		return removeUnwanted(q.remove())
	}
	c := Change{Kind: q.kind, Name: q.name, ID: q.arn()}
	if q.found == nil {
		c.Action, c.ID = Create, ""
		return c
	}
	for _, name := range slices.Sorted(maps.Keys(q.attributes())) {
		c.Fields = append(c.Fields, q.attributeFields(name)...)
	}
	c.Fields = append(c.Fields, q.w.tagFields(q.found.tags)...)
	c.Action = updateIf(c.Fields)
	return c
}

// attributeFields compares one attribute. SQS gives JSON back as it was sent, but
// others may have sent it.
func (q *queue) attributeFields(name string) []Field {
	before, after := q.found.attributes[name], q.attributes()[name]
	switch types.QueueAttributeName(name) {
	case types.QueueAttributeNamePolicy:
		return comparePolicies(name, before, after)
	case types.QueueAttributeNameRedrivePolicy:
		return compareDocuments(name, before, after, canonicalSet)
	}
	return compare(name, before, after)
}

func (q *queue) apply(ctx context.Context) (string, error) {
	if !q.w.Observes() {
		return "", q.delete(ctx)
	}
	if q.found == nil {
		if err := q.create(ctx); err != nil {
			return "", err
		}
	}
	api, url := q.w.aws.SQS, &q.found.url
	if tags := q.w.missingTags(q.found.tags); len(tags) > 0 {
		if _, err := api.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: url, Tags: tags}); err != nil {
			return "", explain("tag the queue", err)
		}
	}
	changed := q.attributes()
	maps.DeleteFunc(changed, func(name, _ string) bool { return len(q.attributeFields(name)) == 0 })
	if len(changed) == 0 {
		return q.arn(), nil
	}
	_, err := api.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: changed})
	return q.arn(), explain("set the attributes of the queue", err)
}

// create makes the queue as a whole in one call. SQS refuses the name of a queue that
// was deleted less than a minute ago, which is waited out.
func (q *queue) create(ctx context.Context) error {
	attributes := q.attributes()
	in := &sqs.CreateQueueInput{QueueName: &q.name, Attributes: attributes, Tags: q.w.wantedTags()}
	var out *sqs.CreateQueueOutput
	err := q.w.insist(ctx, queueDeletedRecently, func() (err error) {
		out, err = q.w.aws.SQS.CreateQueue(ctx, in)
		return err
	})
	// another bootstrap was faster, with other settings
	if awserr.HasCode(err, "QueueAlreadyExists", "QueueNameExists") {
		if err := q.find(ctx); err != nil {
			return err
		}
		return q.check()
	}
	if err != nil {
		return explain("create the queue", err)
	}
	q.found = &foundQueue{url: *out.QueueUrl, attributes: attributes, tags: q.w.wantedTags()}
	return nil
}

func (q *queue) remove() Change {
	c := Change{Kind: q.kind, Name: q.name, Action: Delete}
	switch {
	case q.found == nil:
		c.Action = None
		return c
	case !q.owned():
		c.Action, c.Reason = Leave, notOurs
	}
	c.ID = q.arn()
	return c
}

// delete waits until SQS no longer finds the queue: deleting may take it a minute
// (API_DeleteQueue). The context has the limit.
func (q *queue) delete(ctx context.Context) error {
	_, err := q.w.aws.SQS.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: aws.String(q.found.url)})
	if queueIsGone(err) {
		return nil
	}
	if err != nil {
		return explain("delete the queue", err)
	}
	return q.w.until(ctx, func() (waiting, err error) {
		_, err = q.w.aws.SQS.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.name})
		switch {
		case queueIsGone(err):
			return nil, nil
		case err != nil:
			return nil, explain("see that the queue is deleted", err)
		}
		return errors.New("SQS still has the queue"), nil
	})
}

// queueIsGone reports whether SQS does not know the queue. SQS has two names for each error:
// one of its old protocol, one of JSON.
func queueIsGone(err error) bool {
	return awserr.HasCode(err, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
}

func queueDeletedRecently(err error) bool {
	return awserr.HasCode(err, "QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently")
}

func seconds(days int) string { return strconv.Itoa(days * 24 * 60 * 60) }
