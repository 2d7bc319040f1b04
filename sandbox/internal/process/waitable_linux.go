package process

import (
	"errors"

	"golang.org/x/sys/unix"
)

// awaitEnd returns when the process has ended, and leaves it a zombie: its id belongs to nobody
// else until somebody waits for it.
func awaitEnd(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
