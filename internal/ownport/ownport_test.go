package ownport

import (
	"net"
	"runtime"
	"testing"
)

// A port that was taken opens for whoever names it, on one address and on all.
func TestAPortOpensForItsOwner(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "0.0.0.0"} {
		port, err := Take()
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp4", net.JoinHostPort(host, port))
		if err != nil {
			t.Fatal(err)
		}
		client, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			t.Fatal(err)
		}
		client.Close()
		listener.Close()
	}
}

// The kernel gives it to no other listener. It has some 28,000 ports, of which the test
// asks for so many that without the hold some would meet.
func TestNobodyElseGetsAPort(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("ports are held on Linux alone")
	}
	const mine, others = 200, 3000
	taken := map[string]bool{}
	for range mine {
		port, err := Take()
		if err != nil {
			t.Fatal(err)
		}
		taken[port] = true
	}
	if len(taken) != mine {
		t.Errorf("%d ports were given out twice", mine-len(taken))
	}
	for range others {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, err := net.SplitHostPort(listener.Addr().String())
		listener.Close()
		if err != nil || taken[port] {
			t.Fatalf("port %s was given to another, too: %v", port, err)
		}
	}
}
