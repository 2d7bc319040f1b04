// Package ownport finds ports for programs that are about to start and can neither
// inherit a listener nor say which port they got.
package ownport

import (
	"fmt"
	"strconv"
	"sync"
)

// most is how many ports are held at once. The program that got the oldest has opened it
// by then, or never will.
const most = 256

var held struct {
	mu    sync.Mutex
	ports []func() // each gives one back
}

// Take finds a port of 127.0.0.1 and keeps the kernel from giving it to anybody else, as
// the port of a listener or of a connection. A program that names it can still open it.
func Take() (string, error) {
	port, giveBack, err := hold()
	if err != nil {
		return "", fmt.Errorf("failed to find a free port: %w", err)
	}
	held.mu.Lock()
	defer held.mu.Unlock()
	held.ports = append(held.ports, giveBack)
	if len(held.ports) > most {
		held.ports[0]()
		held.ports = held.ports[1:]
	}
	return strconv.Itoa(port), nil
}
