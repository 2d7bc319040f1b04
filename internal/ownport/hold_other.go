//go:build !linux

package ownport

import "net"

// hold can only look which port is free: elsewhere a socket that is bound keeps everybody
// from its port. Containers of the sandbox that need one are programs for Linux.
func hold() (port int, giveBack func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, err
	}
	return listener.Addr().(*net.TCPAddr).Port, func() {}, listener.Close()
}
