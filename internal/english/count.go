// Package english says numbers of things as English does.
package english

import (
	"fmt"
	"strings"
)

// Count returns n and the noun, in the plural unless n is 1: "1 task", "2 tasks".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %s", n, strings.TrimSuffix(what, "s")+"s")
}

// Are is Count with its verb: "1 task is", "2 tasks are".
func Are(n int, what string) string {
	if n == 1 {
		return Count(n, what) + " is"
	}
	return Count(n, what) + " are"
}
