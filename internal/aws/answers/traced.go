package answers

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Traced returns an option of a client: each attempt of a call is a line of log, for whoever looks into something.
func Traced(log *slog.Logger) func(*middleware.Stack) error {
	trace := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		middleware.DeserializeOutput, middleware.Metadata, error,
	) {
		began := time.Now()
		out, metadata, err := next.HandleDeserialize(ctx, in)
		told := []any{"service", middleware.GetServiceID(ctx), "operation", middleware.GetOperationName(ctx),
			"took", time.Since(began).Round(time.Millisecond)}
		if response, ok := out.RawResponse.(*smithyhttp.Response); ok && response.StatusCode != 0 {
			told = append(told, "status", response.StatusCode)
		} else if err != nil {
			told = append(told, "error", err)
		}
		log.DebugContext(ctx, "aws call", told...)
		return out, metadata, err
	}
	return func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("ecsctlTraced", trace), middleware.Before)
	}
}
