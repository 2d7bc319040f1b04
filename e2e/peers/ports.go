//go:build e2e

package peers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
)

// Ports of servers lie below those that the kernel gives to others (32768 and up), so
// that nobody gets the port of a server that is about to be started again.
const lowestPort, highestPort = 10000, 32767

// listen opens a port for a server that is to be started: its process inherits the open
// socket, so that nobody else can take the port before it.
func listen() (socket *os.File, port int, err error) {
	const tries = 100
	for range tries {
		port = lowestPort + rand.IntN(highestPort-lowestPort)
		if socket, err = listenAt(port); !errors.Is(err, syscall.EADDRINUSE) {
			return socket, port, err
		}
	}
	return nil, 0, err
}

func listenAt(port int) (*os.File, error) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return nil, fmt.Errorf("failed to open a port for a server: %w", err)
	}
	defer listener.Close() // the socket lives on in the file
	return listener.File()
}
