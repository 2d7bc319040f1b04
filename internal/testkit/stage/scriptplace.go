package stage

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/internal/testkit/wiretap"
	"ecsctl/sandbox"
)

// cmdElsewhere leads ecsctl to another account or region, which is empty. Its Prefect server
// stays that of the sandbox, as do snapshots and the commands that prepare something:
//
//	elsewhere [region=R] [account=A]
func cmdElsewhere(ts *testscript.TestScript, neg bool, args []string) {
	opts := sandbox.Options{Region: Region}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "region":
			opts.Region = value
		case "account":
			opts.Account = value
		default:
			ts.Fatalf("elsewhere has no option %q", arg)
		}
	}
	if neg || len(args) == 0 {
		ts.Fatalf("usage: elsewhere [region=R] [account=A]")
	}
	server, err := sandbox.Start(opts)
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() })
	base, closeTap, err := worldOf(ts).Tap.Proxy(server.URL(), wiretap.AWS, nil)
	ts.Check(err)
	ts.Defer(closeTap)
	for _, entry := range server.Env() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			ts.Setenv(name, value)
		}
	}
	ts.Setenv("AWS_ENDPOINT_URL", base)
}

// cmdHome leads ecsctl back to the sandbox's own account and region:
//
//	home
func cmdHome(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: home")
	}
	for name, value := range worldOf(ts).Env() {
		ts.Setenv(name, value)
	}
}
