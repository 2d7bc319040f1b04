package answers

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"ecsctl/internal/onelook"
)

// OneLook is an option of a client: within a look (package onelook) a call that only reads is made once.
func OneLook(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ecsctlOneLook", oneLook), middleware.Before)
}

type outcome struct {
	out      middleware.InitializeOutput
	metadata middleware.Metadata
}

func oneLook(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	operation := middleware.GetOperationName(ctx)
	question, err := json.Marshal(in.Parameters)
	if !reads(operation) || err != nil {
		return next.HandleInitialize(ctx, in)
	}
	key := middleware.GetServiceID(ctx) + " " + operation + " " + string(question)
	got, err := onelook.Ask(ctx, key, func(ctx context.Context) (outcome, error) {
		out, metadata, err := next.HandleInitialize(ctx, in)
		return outcome{out, metadata}, err
	})
	var told *smithy.OperationError
	if err != nil && ctx.Err() != nil && !errors.As(err, &told) {
		err = &smithy.CanceledError{Err: err}
	}
	return middleware.InitializeOutput{Result: ownCopy(got.out.Result)}, got.metadata.Clone(), err
}

// ownCopy is for each who asked: the SDK writes the metadata of the call into the answer.
func ownCopy(result any) any {
	shared := reflect.ValueOf(result)
	if shared.Kind() != reflect.Pointer || shared.IsNil() {
		return result
	}
	own := reflect.New(shared.Type().Elem())
	own.Elem().Set(shared.Elem())
	return own.Interface()
}

// reads reports whether an operation changes nothing.
func reads(operation string) bool {
	for _, verb := range []string{"Describe", "Get", "List", "Simulate"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}
