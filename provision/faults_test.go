package provision_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// reference is an undisturbed run: the calls that it made, each once, and its end.
func reference(t *testing.T) ([]wiretap.Call, *inventory.Snapshot) {
	t.Helper()
	a := newAccount(t, sandbox.Options{}, 1)
	a.bootstrap()
	var calls []wiretap.Call
	for _, call := range a.tap.Calls() {
		if !slices.ContainsFunc(calls, func(c wiretap.Call) bool { return c.Operation == call.Operation }) {
			calls = append(calls, call)
		}
	}
	if len(calls) < 20 {
		t.Fatalf("only %d operations: %+v", len(calls), calls)
	}
	return calls, a.snapshot()
}

// template is asked for, but the embedded one serves as well.
const template = "prefect:GET /collections/views/aggregate-worker-metadata"

// endpoints may keep the worker in; of those that cannot be read the plan says nothing.
const endpoints = "ec2:DescribeVpcEndpoints"

// login is a read that is needed only to push.
const login = "ecr:GetAuthorizationToken"

// permanent makes one operation fail for good.
func (a *account) permanent(operation string, kind fault.Kind) {
	service, name, _ := strings.Cut(operation, ":")
	if service != "prefect" {
		a.server.AddFault(fault.Fault{Service: service, Operation: name, Kind: kind, Times: -1})
		return
	}
	a.tap.Inject(func(call wiretap.Call) *wiretap.Fault {
		if call.Operation != operation {
			return nil
		}
		return &wiretap.Fault{Status: prefectStatus[kind], ContentType: "application/json", Body: `{"detail":"no"}`}
	})
}

var prefectStatus = map[fault.Kind]int{
	fault.Throttle: http.StatusTooManyRequests, fault.ServerError: http.StatusInternalServerError,
	fault.AccessDenied: http.StatusForbidden,
}

// awsSays is how the error of a fault begins, before the name of the operation.
var awsSays = map[fault.Kind]string{
	fault.Throttle: "AWS kept throttling ", fault.ServerError: "AWS failed at ", fault.AccessDenied: "AWS refused ",
}

func (a *account) fix() {
	a.server.ClearFaults()
	a.tap.Inject(nil)
}

// Whichever call fails for good, the error names it, and a second run, with the
// fault gone, ends where an undisturbed one does. Reads are made to fail where all
// is there: of something that is not there, one answer is as good as another.
func TestEachCallMayFail(t *testing.T) {
	t.Parallel()
	calls, want := reference(t)
	for kind, says := range awsSays {
		for _, call := range calls {
			t.Run(says+call.Operation, func(t *testing.T) {
				t.Parallel()
				a := newAccount(t, sandbox.Options{}, 1)
				if !call.Write && call.Operation != template && call.Operation != login {
					a.bootstrap()
				}
				a.permanent(call.Operation, kind)
				wantFailure(t, a.try(t.Context()), call.Operation, says)
				a.fix()
				a.bootstrap()
				a.same("after a fault and a second run", want)
			})
		}
	}
}

func wantFailure(t *testing.T, err error, operation, says string) {
	t.Helper()
	text := says + operation
	if path, found := strings.CutPrefix(operation, "prefect:"); found {
		text = " to " + path
	}
	switch {
	case operation == template, operation == endpoints:
		if err != nil {
			t.Errorf("got %v, and bootstrap can do without", err)
		}
	case err == nil:
		t.Errorf("no error, want one that says %q", text)
	default:
		// One for each resource that needs the call, and nothing that only follows from it.
		for line := range strings.Lines(err.Error()) {
			if !strings.Contains(line, text) {
				t.Errorf("got %q, want it to say %q", line, text)
			}
		}
	}
}

// A refusal ends what is looked at beside it. It is told, and not that.
func TestARefusalIsToldAndNotWhatItInterrupts(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	a.permanent("iam:GetRole", fault.AccessDenied)
	a.server.AddFault(fault.Fault{
		Service: "ec2", Operation: "DescribeVpcs", Kind: fault.Latency, Latency: 200 * time.Millisecond, Times: -1,
	})
	for range 20 { // which of two is told first is a matter of luck
		wantFailure(t, a.try(t.Context()), "iam:GetRole", awsSays[fault.AccessDenied])
	}
}

// The answer to each call is lost after the work was done: the SDK sends it again,
// and the run goes through all the same, with nothing made twice.
func TestEachAnswerMayBeLost(t *testing.T) {
	t.Parallel()
	calls, want := reference(t)
	for _, call := range calls {
		service, name, _ := strings.Cut(call.Operation, ":")
		if service == "prefect" {
			continue
		}
		t.Run(call.Operation, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			a.server.AddFault(fault.Fault{Service: service, Operation: name, Kind: fault.DropAfter})
			a.bootstrap()
			a.same("after a lost answer", want)
			a.settled()
		})
	}
}

// A role that ECS cannot see yet is waited for, by every call that names it.
func TestIAMDelayIsWaitedOut(t *testing.T) {
	t.Parallel()
	_, want := reference(t)
	a := newAccount(t, sandbox.Options{}, 1)
	a.server.AddFault(fault.Fault{Service: "iam", Operation: fault.RoleOperation, Kind: fault.Unseen, Times: 5})
	a.bootstrap()
	if left := a.server.Faults(); len(left) > 0 {
		t.Errorf("left of the refusals: %v", left)
	}
	a.same("after the delay", want)
	a.settled()
}
