package sqs

import (
	"context"
	"time"

	api "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleReceipts() {
	wire.HandleJSON(s.JSON, "DeleteMessage", schemas.DeleteMessageRequest, wire.NoMembers, "QueueUrl! ReceiptHandle!",
		s.deleteMessage)
	wire.HandleJSON(s.JSON, "DeleteMessageBatch", schemas.DeleteMessageBatchRequest, schemas.DeleteMessageBatchResult,
		"QueueUrl! Entries!", s.deleteBatch)
	wire.HandleJSON(s.JSON, "ChangeMessageVisibility", schemas.ChangeMessageVisibilityRequest, wire.NoMembers,
		"QueueUrl! ReceiptHandle! VisibilityTimeout!", s.changeVisibility)
	wire.HandleJSON(s.JSON, "ChangeMessageVisibilityBatch", schemas.ChangeMessageVisibilityBatchRequest,
		schemas.ChangeMessageVisibilityBatchResult,
		"QueueUrl! Entries!", s.changeBatch)
}

func (s *Service) deleteMessage(_ context.Context, in *api.DeleteMessageInput) (*wire.None, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &wire.None{}, q.deleteByReceipt(in.ReceiptHandle)
}

// deleteByReceipt is no error when the message is gone already.
func (q *queue) deleteByReceipt(handle *string) error {
	if handle == nil {
		return wire.Errorf("MissingParameter", "The request must contain the parameter ReceiptHandle.")
	}
	id, err := parseReceipt(*handle)
	if err != nil {
		return err
	}
	q.remove(id)
	return nil
}

func (s *Service) deleteBatch(_ context.Context,
	in *api.DeleteMessageBatchInput) (*api.DeleteMessageBatchOutput, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries, func(e types.DeleteMessageBatchRequestEntry) *string { return e.Id }); err != nil {
		return nil, err
	}
	out := &api.DeleteMessageBatchOutput{
		Successful: []types.DeleteMessageBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{},
	}
	for _, e := range in.Entries {
		if err := q.deleteByReceipt(e.ReceiptHandle); err != nil {
			out.Failed = append(out.Failed, failedEntry(e.Id, err))
			continue
		}
		out.Successful = append(out.Successful, types.DeleteMessageBatchResultEntry{Id: e.Id})
	}
	return out, nil
}

func (s *Service) changeVisibility(_ context.Context, in *api.ChangeMessageVisibilityInput) (*wire.None, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &wire.None{}, q.hide(in.ReceiptHandle, in.VisibilityTimeout)
}

// hide keeps a message that is in flight invisible from now on for that many seconds.
func (q *queue) hide(handle *string, seconds int32) error {
	if handle == nil {
		return wire.Errorf("MissingParameter", "The request must contain the parameter ReceiptHandle.")
	}
	if seconds < 0 || seconds > maxVisibility {
		return badVisibility(seconds)
	}
	id, err := parseReceipt(*handle)
	if err != nil {
		return err
	}
	m, now := q.message(id), q.clock.Now()
	if m == nil {
		return invalidValue("Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is "+
			"not available for visibility timeout change.", *handle)
	}
	if !m.visible.After(now) {
		return wire.Errorf("MessageNotInflight", "The specified message is not in flight.")
	}
	m.visible = now.Add(time.Duration(seconds) * time.Second)
	q.wake()
	return nil
}

func (s *Service) changeBatch(_ context.Context,
	in *api.ChangeMessageVisibilityBatchInput) (*api.ChangeMessageVisibilityBatchOutput, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries, func(e types.ChangeMessageVisibilityBatchRequestEntry) *string {
		return e.Id
	}); err != nil {
		return nil, err
	}
	out := &api.ChangeMessageVisibilityBatchOutput{
		Successful: []types.ChangeMessageVisibilityBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{},
	}
	for _, e := range in.Entries {
		if err := q.hide(e.ReceiptHandle, e.VisibilityTimeout); err != nil {
			out.Failed = append(out.Failed, failedEntry(e.Id, err))
			continue
		}
		out.Successful = append(out.Successful, types.ChangeMessageVisibilityBatchResultEntry{Id: e.Id})
	}
	return out, nil
}
