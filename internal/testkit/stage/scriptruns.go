package stage

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/internal/testkit/wiretap"
	"ecsctl/sandbox/fault"
)

// cmdExits runs a program and asserts its exit code, and that no key is in what it
// prints. After `interrupt` and `wait`, without a program, it asserts that one's code:
//
//	exits CODE [PROGRAM ARGUMENT...]
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: exits CODE [PROGRAM ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if len(args) == 1 {
		got = worldOf(ts).last.ProcessState.ExitCode()
	} else if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	for _, stream := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(stream), CanaryMark) {
			ts.Fatalf("an API key is on %s", stream)
		}
	}
	if printsReport(args) {
		ts.Check(checkReports(ts.ReadFile("stdout")))
	}
}

// faultKinds are the faults of the sandbox by the names that scripts use.
var faultKinds = map[string]fault.Kind{
	"throttle": fault.Throttle, "error": fault.ServerError, "denied": fault.AccessDenied, "expired": fault.ExpiredToken,
	"drop-before": fault.DropBefore, "drop-after": fault.DropAfter, "stuck": fault.Latency,
	"unseen": fault.Unseen,
}

// cmdFault makes calls fail, NUMBER of them (-1: all) or, with each, the first of
// each operation on either server. One that hangs has no effect and no answer, so that
// its caller can be interrupted. `fault spent` asserts that all of the
// sandbox's have hit, `fault none` ends all:
//
//	fault KIND SERVICE:OPERATION NUMBER
//	fault hang SERVICE:OPERATION
//	fault each STATUS
//	fault spent
//	fault none
func cmdFault(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	switch {
	case !neg && len(args) == 1 && args[0] == "none":
		w.Server.ClearFaults()
		w.Tap.Inject(nil)
	case !neg && len(args) == 1 && args[0] == "spent":
		if left := w.Server.Faults(); len(left) > 0 {
			ts.Fatalf("these faults did not hit: %v", left)
		}
	case !neg && len(args) == 2 && args[0] == "each":
		status, err := strconv.Atoi(args[1])
		ts.Check(err)
		w.Tap.Inject(firstOfEach(status))
	case !neg && len(args) == 2 && args[0] == "hang":
		w.Tap.Inject(hang(args[1]))
	case !neg && len(args) == 3 && faultKinds[args[0]] != 0:
		service, operation, _ := strings.Cut(args[1], ":")
		times, err := strconv.Atoi(args[2])
		ts.Check(err)
		fault := fault.Fault{Service: service, Operation: operation, Kind: faultKinds[args[0]], Times: times}
		if args[0] == "stuck" {
			fault.Latency = time.Hour
		}
		w.Server.AddFault(fault)
	default:
		ts.Fatalf("usage: fault KIND SERVICE:OPERATION NUMBER, fault hang SERVICE:OPERATION, fault each STATUS, " +
			"fault spent, or fault none")
	}
}

// hang lets no call of the operation come to an end.
func hang(operation string) func(wiretap.Call) *wiretap.Fault {
	return func(call wiretap.Call) *wiretap.Fault {
		if call.Operation != operation {
			return nil
		}
		return &wiretap.Fault{Hang: true}
	}
}

// firstOfEach refuses the first call of each operation, on either server.
func firstOfEach(status int) func(wiretap.Call) *wiretap.Fault {
	seen := map[string]bool{}
	return func(call wiretap.Call) *wiretap.Fault { // the tap calls it one at a time
		if seen[call.Operation] {
			return nil
		}
		seen[call.Operation] = true
		return refusal(call.Operation, status)
	}
}

// refusal is an answer with a status, in the words of the service.
func refusal(operation string, status int) *wiretap.Fault {
	code := "ThrottlingException"
	if status >= http.StatusInternalServerError {
		code = "ServiceUnavailable"
	}
	switch service, _, _ := strings.Cut(operation, ":"); service {
	case "prefect":
		return &wiretap.Fault{Status: status, ContentType: "application/json", Body: `{"exception_message":"busy"}`}
	case "iam", "sts":
		return &wiretap.Fault{Status: status, ContentType: "text/xml",
			Body: `<ErrorResponse><Error><Type>Sender</Type><Code>` + code +
				`</Code><Message>busy</Message></Error></ErrorResponse>`}
	case "ec2":
		return &wiretap.Fault{Status: status, ContentType: "text/xml", Body: `<Response><Errors><Error><Code>` + code +
			`</Code><Message>busy</Message></Error></Errors></Response>`}
	}
	return &wiretap.Fault{Status: status, ContentType: "application/x-amz-json-1.1", Body: `{"__type":"` + code +
		`","message":"busy"}`}
}

// cmdAwait waits until ecsctl has made a call:
//
//	await SERVICE:OPERATION
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await SERVICE:OPERATION")
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		for _, call := range worldOf(ts).Tap.Calls() {
			if call.Operation == args[0] {
				return
			}
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("there was no call %s", args[0])
		case <-ticker.C:
		}
	}
}

// cmdInterrupt sends Ctrl-C to the program in the background, or with the argument SIGTERM that.
func cmdInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	running := ts.BackgroundCmds()
	signal := os.Interrupt
	if slices.Equal(args, []string{"SIGTERM"}) {
		signal, args = syscall.SIGTERM, nil
	}
	if neg || len(args) != 0 || len(running) != 1 {
		ts.Fatalf("usage: interrupt [SIGTERM], with one program in the background")
	}
	worldOf(ts).last = running[0]
	ts.Check(running[0].Process.Signal(signal))
}
