//go:build !linux

package process

// endLeftovers finds nothing where there is no /proc: what leaves its group lives on.
func endLeftovers(string, int, uint64) {}

func births() uint64 { return 0 }
