//go:build unix

package prompt

import "golang.org/x/sys/unix"

// echoOff leaves the rest of the terminal's mode alone: lines and Ctrl-C work as before.
func echoOff(fd uintptr) (restore func() error, err error) {
	shown, err := unix.IoctlGetTermios(int(fd), getTermios)
	if err != nil {
		return nil, err
	}
	hidden := *shown
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(int(fd), setTermios, &hidden); err != nil {
		return nil, err
	}
	return func() error { return unix.IoctlSetTermios(int(fd), setTermios, shown) }, nil
}
