// Lsroot prints what is in its root, on one line.
package main

import (
	"fmt"
	"os"
)

func main() {
	entries, err := os.ReadDir("/")
	if err != nil {
		panic(err)
	}
	line := "/:"
	for _, entry := range entries {
		line += " " + entry.Name()
	}
	fmt.Println(line)
}
