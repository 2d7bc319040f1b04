package answers

import (
	"context"
	"io"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const wholeID = "ecsctlWholeAnswer"

// Whole is an option of a client, as Bound is: an answer is not lost because it comes quickly.
//
// The SDK closes a call's body as soon as the answer's head is there. The body's WriteTo then
// returns io.EOF (smithy-go, safeWriteToReadCloser), which io.Copy takes for an error, where
// Read's is the end. net/http, which looks for a byte too many behind the body, closes the
// connection for it, and reading the answer fails with "use of closed network connection": a call
// that AWS has carried out is sent again. A body without WriteTo is read. Given twice, it counts once.
func Whole(stack *middleware.Stack) error {
	if _, there := stack.Serialize.Get(wholeID); there {
		return nil
	}
	return stack.Serialize.Add(middleware.SerializeMiddlewareFunc(wholeID, whole), middleware.After)
}

func whole(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (
	middleware.SerializeOutput, middleware.Metadata, error,
) {
	if request, ok := in.Request.(*smithyhttp.Request); ok {
		if stream, ok := request.GetStream().(io.ReadSeeker); ok {
			changed, err := request.SetStream(struct{ io.ReadSeeker }{stream})
			if err != nil {
				return middleware.SerializeOutput{}, middleware.Metadata{}, err
			}
			in.Request = changed
		}
	}
	return next.HandleSerialize(ctx, in)
}
