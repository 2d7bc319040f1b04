//go:build !race

package jobtemplate_test

const (
	mostForPoison  = 64 << 20 // bytes
	mostRemembered = 0.7      // of the allocations
)
