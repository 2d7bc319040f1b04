package process

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// sweeps bounds how often it is looked for what a process starts while it is being killed.
const sweeps = 20

// endLeftovers kills what the command has started and what has left its group, as the end of a
// container does: it is known by the mark in its environment. What has emptied that is not found.
func endLeftovers(mark string, since uint64) {
	if mark == "" {
		return
	}
	for range sweeps {
		found := false
		for _, pid := range startedSince(since) {
			if hasMark(pid, mark) {
				found = true
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		if !found {
			return
		}
	}
}

// startedSince are the processes that are no older than a start time, in the kernel's ticks.
func startedSince(since uint64) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		if at, ok := startTime(pid); ok && at >= since { // a zombie has no environment any more
			pids = append(pids, pid)
		}
	}
	return pids
}

// startTime is field 22 of /proc/PID/stat, counted behind the name, which may hold anything.
func startTime(pid int) (uint64, bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return 0, false
	}
	at, err := strconv.ParseUint(fields[19], 10, 64)
	return at, err == nil
}

func hasMark(pid int, mark string) bool {
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return false
	}
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if string(variable) == mark {
			return true
		}
	}
	return false
}
