package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/internal/testkit/stage"
)

func TestMain(m *testing.M) { testscript.Main(m, stage.Programs(main)) }

// TestScripts runs the program itself through the scripts, which show what a user types
// and sees.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, stage.Scripts("testdata/scripts"))
}
