// Command tiny is the smallest program of this module: the tests put it into images, where it
// stays until it is told to end. Asked for its health, it is well.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	for _, argument := range os.Args {
		if argument == "health" {
			return
		}
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	<-told
}
