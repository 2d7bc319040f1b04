//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
)

// A server that is busy, or throttles, the first time that anything is asked of it
// costs a retry and nothing else.
func TestFaultsAreRetried(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		reference := newWorld(t, server)
		reference.bootstrap()
		w := newWorld(t, server)
		before := w.snapshot()
		w.tap.Inject(onceEach())
		w.bootstrap()
		w.same("after a bootstrap with faults", reference.snapshot(), w.snapshot())
		w.tap.Inject(onceEach())
		w.teardown()
		w.same("after a teardown with faults", before, w.snapshot())
	})
}

// onceEach refuses the first call of each operation, for now.
func onceEach() func(wiretap.Call) *wiretap.Fault {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(call wiretap.Call) *wiretap.Fault {
		mu.Lock()
		defer mu.Unlock()
		if seen[call.Operation] {
			return nil
		}
		seen[call.Operation] = true
		switch service, _, _ := strings.Cut(call.Operation, ":"); service {
		case "prefect":
			return &wiretap.Fault{Status: http.StatusServiceUnavailable, ContentType: "application/json",
				Body: `{"exception_message":"Service Unavailable"}`}
		case "iam", "sts":
			return &wiretap.Fault{Status: http.StatusBadRequest, ContentType: "text/xml",
				Body: `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>`}
		case "s3":
			return &wiretap.Fault{Status: http.StatusServiceUnavailable, ContentType: "text/xml",
				Body: `<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`}
		case "ec2":
			return &wiretap.Fault{Status: http.StatusServiceUnavailable, ContentType: "text/xml", Body: `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors></Response>`}
		}
		return &wiretap.Fault{Status: http.StatusBadRequest, ContentType: "application/x-amz-json-1.1", Body: `{"__type":"ThrottlingException","message":"Rate exceeded"}`}
	}
}
