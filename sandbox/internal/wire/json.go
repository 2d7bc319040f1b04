package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aws/smithy-go"
)

// JSON is a service of the AWS JSON 1.1 protocol.
type JSON struct {
	mu         sync.Locker
	messageKey string
	ops        map[string]jsonOp
}

type jsonOp func(ctx context.Context, body any) (any, error)

// NewJSON makes a service whose handlers run with mu held, so that they and the
// encoding of what they answer see one state. messageKey is how the service
// spells the message of an error: "message" or "Message".
func NewJSON(mu sync.Locker, messageKey string) *JSON {
	return &JSON{mu: mu, messageKey: messageKey, ops: map[string]jsonOp{}}
}

// HandleJSON adds an operation. The schemas are those of the SDK. members lists
// the top-level parameters that the handler honours, a "!" after the required ones;
// all others are refused by name.
func HandleJSON[I, O any](s *JSON, name string, in, out *smithy.Schema, members string,
	h func(context.Context, *I) (*O, error)) {
	known := parseMembers(in, members)
	s.ops[name] = func(ctx context.Context, body any) (any, error) {
		if err := known.check(name, in, body); err != nil {
			return nil, err
		}
		input := new(I)
		if err := decodeJSON(in, body, reflect.ValueOf(input).Elem(), ""); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		output, err := h(ctx, input)
		if err != nil {
			return nil, err
		}
		return encodeJSON(out, reflect.ValueOf(output).Elem()), nil
	}
}

// Operations implements Service.
func (s *JSON) Operations() []string { return slices.Sorted(maps.Keys(s.ops)) }

// Call implements Service.
func (s *JSON) Call(ctx context.Context, r *Request) (Answer, error) {
	op, ok := s.ops[r.Operation]
	if !ok {
		return Answer{}, NotImplemented("the operation " + r.Operation)
	}
	body, err := ParseJSON(r.Body)
	if err != nil {
		return Answer{}, err
	}
	out, err := op(ctx, body)
	if err != nil {
		return Answer{}, err
	}
	return jsonAnswer(200, out), nil
}

// Refuse implements Service.
func (s *JSON) Refuse(_ *Request, e *Error) Answer {
	body := map[string]any{"__type": e.Code, s.messageKey: e.Message}
	for k, v := range e.Fields {
		body[k] = v
	}
	return jsonAnswer(e.HTTPStatus(), body)
}

func jsonAnswer(status int, body any) Answer {
	data, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("sandbox: answer does not encode: %v", err))
	}
	return Answer{Status: status, ContentType: "application/x-amz-json-1.1", Body: data}
}

// ParseJSON reads the body of a request; nothing is an empty object.
func ParseJSON(data []byte) (any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return map[string]any{}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // whole numbers must not pass through float64
	var body any
	if err := dec.Decode(&body); err != nil {
		return nil, Errorf("SerializationException", "the request is not JSON: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, Errorf("SerializationException", "the request has more after its JSON value")
	}
	return body, nil
}

type members struct {
	known    map[string]bool
	required []string
}

func parseMembers(in *smithy.Schema, list string) members {
	m := members{known: map[string]bool{}}
	for name := range strings.FieldsSeq(list) {
		name, required := strings.CutSuffix(name, "!")
		if in.Member(name) == nil {
			panic(fmt.Sprintf("sandbox: %s has no member %q", in.ID().Name, name))
		}
		m.known[name] = true
		if required {
			m.required = append(m.required, name)
		}
	}
	return m
}

func (m members) check(op string, in *smithy.Schema, body any) error {
	obj, ok := body.(map[string]any)
	if !ok {
		return Errorf("SerializationException", "the request of %s is not an object", op)
	}
	for name, v := range obj {
		if in.Member(name) != nil && !m.known[name] && v != nil {
			return NotImplemented(fmt.Sprintf("the parameter %s of %s", name, op))
		}
	}
	for _, name := range m.required {
		if v, ok := obj[name]; !ok || v == nil {
			return Errorf("InvalidParameterException", "%s: the required parameter %s is missing", op, name)
		}
	}
	return nil
}
