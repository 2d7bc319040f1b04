// Package answers bounds what AWS, or what is in its place, may answer.
package answers

import (
	"context"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ecsctl/internal/bounded"
)

// Max is some times the largest answer of a call that ecsctl makes: a page of 100 tasks, or of log events,
// has about a megabyte.
const Max = 16 << 20

// Options are those of every client, the APIOptions of an aws.Config: no answer takes the memory of this machine, and
// none is lost.
func Options() []func(*middleware.Stack) error {
	return []func(*middleware.Stack) error{Bound, Whole}
}

// Bound is an option of a client, of an aws.Config's APIOptions: the bodies of answers end with a
// *bounded.TooLargeError after Max bytes, unpacked. It stands next to the wire, so that all that read are behind it.
func Bound(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("ecsctlBoundAnswer", bound), middleware.After)
}

func bound(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	if response, ok := out.RawResponse.(*smithyhttp.Response); ok && response.Body != nil {
		response.Body = bounded.Body(response.Body, Max)
	}
	return out, metadata, err
}
