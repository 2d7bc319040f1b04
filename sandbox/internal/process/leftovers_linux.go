package process

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// sweeps bounds how often it is looked for what a process starts while it is being killed.
const sweeps = 20

// endLeftovers kills what the command has started and what has left its group, as the end of a
// container does: it is known by the mark in its environment. What has emptied that is not found.
func endLeftovers(mark string, command int, began uint64) {
	if mark == "" {
		return
	}
	for range sweeps {
		found := false
		for _, pid := range startedAfter(command, began) {
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

// startedAfter are the processes that may be younger than one that began at a count of births:
// Linux counts ids up, so that they have a higher one, until it begins again at the lowest.
func startedAfter(command int, began uint64) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	if began == 0 || births()-began >= idsAbove(command) {
		command = 0
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && pid > command && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// births counts the processes and threads that were started on the machine; 0 when that is not known.
func births() uint64 {
	stat, _ := os.ReadFile("/proc/stat")
	_, line, _ := bytes.Cut(stat, []byte("\nprocesses "))
	line, _, _ = bytes.Cut(line, []byte("\n"))
	n, _ := strconv.ParseUint(string(line), 10, 64)
	return n
}

// idsAbove is how many processes and threads can start before an id may be lower; 0 when that is not known.
func idsAbove(pid int) uint64 {
	highest, _ := os.ReadFile("/proc/sys/kernel/pid_max")
	n, _ := strconv.Atoi(string(bytes.TrimSpace(highest)))
	return uint64(max(0, n-pid-1))
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
