//go:build e2e

// Package procfs reads what processes use, from Linux's /proc.
package procfs

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// CPUSeconds is what a process has used so far, its children that have ended included.
func CPUSeconds(pid int) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("failed to read the CPU time: %w", err)
	}
	_, rest, _ := strings.Cut(string(raw), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	const userTime, ticksPerSecond = 11, 100 // utime, stime, cutime, cstime
	total := 0
	for _, field := range fields[userTime : userTime+4] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("failed to read the CPU time: %w", err)
		}
		total += n
	}
	return float64(total) / ticksPerSecond, nil
}

// PeakMB is the most memory that a process has had resident.
func PeakMB(pid int) (float64, error) { return status(pid, "VmHWM:") }

// ResidentMB is the memory that a process has resident.
func ResidentMB(pid int) (float64, error) { return status(pid, "VmRSS:") }

func status(pid int, name string) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("failed to read the memory: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			kB, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kB / 1024, err
		}
	}
	return 0, fmt.Errorf("failed to read the memory: no %s for process %d", name, pid)
}
