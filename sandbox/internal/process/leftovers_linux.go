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
func endLeftovers(mark string, command int) {
	if mark == "" {
		return
	}
	for range sweeps {
		found := false
		for _, pid := range startedAfter(command) {
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

// startedAfter are the processes that are younger than one, and after the last possible id all
// processes: Linux counts ids up and then begins again.
func startedAfter(command int) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	oldest := command
	if lastID() < command {
		oldest = 0
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && pid > oldest && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// lastID is the id of the youngest process, dead or alive; 0 when that is not known.
func lastID() int {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	id, _ := strconv.Atoi(string(bytes.TrimSpace(load[bytes.LastIndexByte(load, ' ')+1:])))
	return id
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
