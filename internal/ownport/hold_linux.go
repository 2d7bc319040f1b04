package ownport

import (
	"os"
	"syscall"
)

// hold binds a socket that does not listen. With SO_REUSEADDR, which all servers set, it
// does not stop a server that asks for this port, while the kernel itself assigns it to no one.
func hold() (port int, giveBack func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, os.NewSyscallError("socket", err)
	}
	giveBack = func() { _ = syscall.Close(fd) } // nothing was written to it
	if port, err = bind(fd); err != nil {
		giveBack()
	}
	return port, giveBack, err
}

func bind(fd int) (int, error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	address, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	return address.(*syscall.SockaddrInet4).Port, nil
}
