//go:build race

package jobtemplate_test

// With the race detector sync.Pool forgets at random what it has, and regular expressions allocate again and again.
const (
	mostForPoison  = 1 << 30
	mostRemembered = 0.8
)
