// Package executable writes programs that this process, or one that it starts, may run at once.
package executable

import (
	"os"
	"syscall"
)

// Write makes or replaces a program that the user alone may change.
func Write(path string, content []byte) error {
	defer Writing()()
	return os.WriteFile(path, content, 0o755)
}

// Writing keeps children from being started until the function that it returns is called. A
// child has what is open for writing open too, until it becomes another program, and running
// such a file fails with "text file busy" until then (golang/go#22315).
func Writing() (end func()) {
	syscall.ForkLock.RLock()
	return syscall.ForkLock.RUnlock
}
