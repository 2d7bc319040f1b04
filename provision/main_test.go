package provision_test

import (
	"flag"
	"os"
	"testing"
)

// The tests wait for servers of their own more than they compute.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
