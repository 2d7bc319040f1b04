package wiretap

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// Call is one request that came over the wire: one attempt, where the caller retries.
type Call struct {
	Operation  string // "ecs:CreateService", "prefect:POST /work_pools/"
	Write      bool
	Body       string
	Status     int    // of the answer, 0 before it and when there was none
	Invocation string // of the AWS SDK: the same one for all attempts of a call
	Attempt    string // as the AWS SDK counts it, "attempt=1; max=3"
	Port       string // of the caller
	Err        string // why the caller has not got an answer, as the proxy saw it
}

func newCall(req *http.Request, body []byte, classify Classify) *Call {
	call := &Call{
		Body: string(body), Invocation: req.Header.Get("Amz-Sdk-Invocation-Id"),
		Attempt: req.Header.Get("Amz-Sdk-Request"),
	}
	call.Operation, call.Write = classify(req, body)
	_, call.Port, _ = net.SplitHostPort(req.RemoteAddr) // net/http has made it of both
	return call
}

// Accepted reports whether the server did what it was asked to.
func (c Call) Accepted() bool { return c.Status != 0 && c.Status < http.StatusBadRequest }

// String says what is known of the attempt, for a test that counts wrong.
func (c Call) String() string {
	out := fmt.Sprintf("%3d %s", c.Status, c.Operation)
	for _, part := range []string{c.Attempt, "invocation=" + c.Invocation, "port=" + c.Port, c.Err} {
		if !strings.HasSuffix(part, "=") && part != "" {
			out += "; " + part
		}
	}
	return out
}

// Calls are some of them.
type Calls []Call

// String is one line for each.
func (c Calls) String() string {
	var out strings.Builder
	for _, call := range c {
		fmt.Fprintln(&out, call)
	}
	return out.String()
}
