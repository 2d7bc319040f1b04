package sqs

import (
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ecsctl/sandbox/internal/wire"
)

const maxBatch = 10 // entries of a batch, messages of a ReceiveMessage

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// checkBatch refuses a batch as a whole.
func checkBatch[E any](entries []E, id func(E) *string) error {
	switch {
	case len(entries) == 0:
		return wire.Errorf("EmptyBatchRequest", "There should be at least one entry in the request.")
	case len(entries) > maxBatch:
		return wire.Errorf("TooManyEntriesInBatchRequest",
			"Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(entries))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		name := aws.ToString(id(e))
		if !entryID.MatchString(name) {
			return wire.Errorf("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, "+
				"hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[name] {
			return wire.Errorf("BatchEntryIdsNotDistinct", "Id %s repeated.", name)
		}
		seen[name] = true
	}
	return nil
}

// failedEntry puts the error of one entry into the answer for the batch.
func failedEntry(id *string, err error) types.BatchResultErrorEntry {
	out := types.BatchResultErrorEntry{Id: id, SenderFault: true, Message: aws.String(err.Error())}
	var refusal *wire.Error
	if errors.As(err, &refusal) {
		out.Code, out.Message = &refusal.Code, &refusal.Message
	}
	return out
}
