package wire

import (
	"context"
	"encoding/xml"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"
)

// Dialect is what the query protocol and its EC2 cousin do not share.
type Dialect struct {
	Namespace string
	EC2       bool   // lists without "member", other envelopes
	Missing   string // error code for a required parameter that is missing
	Unknown   string // error code for a parameter that the sandbox does not know
}

// Query is a service of the AWS query or EC2 query protocol.
type Query struct {
	Dialect
	mu  sync.Locker
	ops map[string]queryOp
}

type queryOp func(ctx context.Context, form url.Values) (any, error)

// NewQuery makes a service whose handlers run with mu held.
func NewQuery(d Dialect, mu sync.Locker) *Query {
	return &Query{Dialect: d, mu: mu, ops: map[string]queryOp{}}
}

// HandleQuery adds an operation. The fields of I are its parameters, see decodeQuery;
// any other is refused by name. O is written with encoding/xml; nil for no result.
func HandleQuery[I, O any](s *Query, name string, h func(context.Context, *I) (*O, error)) {
	s.ops[name] = func(ctx context.Context, form url.Values) (any, error) {
		input := new(I)
		if err := s.decode(name, form, input); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		output, err := h(ctx, input)
		if err != nil || output == nil {
			return nil, err
		}
		return rawXML(output), nil
	}
}

// rawXML encodes the fields of a result without an element round them; it runs under
// the service's lock.
func rawXML(v any) string {
	data, err := xml.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("sandbox: answer does not encode: %v", err))
	}
	return innerXML(data)
}

// Operations implements Service.
func (s *Query) Operations() []string { return slices.Sorted(maps.Keys(s.ops)) }

// Call implements Service.
func (s *Query) Call(ctx context.Context, r *Request) (Answer, error) {
	op, ok := s.ops[r.Operation]
	if !ok {
		return Answer{}, NotImplemented("the operation " + r.Operation)
	}
	out, err := op(ctx, r.Form)
	if err != nil {
		return Answer{}, err
	}
	return xmlAnswer(200, s.envelope(r, out)), nil
}

func (s *Query) envelope(r *Request, out any) string {
	name := r.Operation + "Response"
	inner, hasResult := out.(string)
	if s.EC2 {
		return fmt.Sprintf(`<%s xmlns="%s"><requestId>%s</requestId>%s</%s>`, name, s.Namespace, r.ID, inner, name)
	}
	result := ""
	if hasResult {
		result = fmt.Sprintf("<%sResult>%s</%sResult>", r.Operation, inner, r.Operation)
	}
	return fmt.Sprintf(`<%s xmlns="%s">%s<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%s>`,
		name, s.Namespace, result, r.ID, name)
}

// Refuse implements Service.
func (s *Query) Refuse(r *Request, e *Error) Answer {
	detail := fmt.Sprintf("<Code>%s</Code><Message>%s</Message>", escape(e.Code), escape(e.Message))
	if s.EC2 {
		return xmlAnswer(e.HTTPStatus(), fmt.Sprintf(
			"<Response><Errors><Error>%s</Error></Errors><RequestID>%s</RequestID></Response>", detail, r.ID))
	}
	kind := "Sender"
	if e.HTTPStatus() >= 500 {
		kind = "Receiver"
	}
	return xmlAnswer(e.HTTPStatus(), fmt.Sprintf(
		`<ErrorResponse xmlns="%s"><Error><Type>%s</Type>%s</Error><RequestId>%s</RequestId></ErrorResponse>`,
		s.Namespace, kind, detail, r.ID))
}

func xmlAnswer(status int, body string) Answer {
	return Answer{Status: status, ContentType: "text/xml;charset=UTF-8", Body: []byte(xml.Header + body)}
}
