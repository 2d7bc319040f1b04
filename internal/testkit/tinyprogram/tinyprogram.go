// Package tinyprogram makes the smallest static program of this module with the Go
// toolchain: for tests that put an ecsctl into an image and do not run it.
package tinyprogram

import (
	"sync"

	"ecsctl/internal/testkit/staticbuild"
)

// AMD64 and ARM64 return the program for Linux, made once.
var (
	AMD64 = sync.OnceValues(func() ([]byte, error) { return build("amd64") })
	ARM64 = sync.OnceValues(func() ([]byte, error) { return build("arm64") })
)

func build(architecture string) ([]byte, error) {
	return staticbuild.Program("ecsctl/internal/testkit/tinyprogram/testdata/tiny", "GOOS=linux",
		"GOARCH="+architecture)
}
