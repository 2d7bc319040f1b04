package stage

import (
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/internal/testkit/tinyprogram"
)

// TinyBuilds make the tiny program by its architecture.
var TinyBuilds = map[string]func() ([]byte, error){"amd64": tinyprogram.AMD64, "arm64": tinyprogram.ARM64}

// cmdTiny writes tiny static programs as ecsctl-ARCHITECTURE:
//
//	tiny ARCHITECTURE...
func cmdTiny(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: tiny ARCHITECTURE...")
	}
	for _, architecture := range args {
		build, ok := TinyBuilds[architecture]
		if !ok {
			ts.Fatalf("there is no architecture %q", architecture)
		}
		raw, err := build()
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs("ecsctl-"+architecture), raw, 0o600))
	}
}

// WriteTiny writes the tiny program for what only plans and applies: nobody runs it.
func WriteTiny(file string) error {
	raw, err := tinyprogram.AMD64()
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}
