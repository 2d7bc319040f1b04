// Package shellword writes words of commands that people are to paste into a shell.
package shellword

import (
	"regexp"
	"strings"
)

// plain is what every shell takes as it is.
var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// Quote quotes a word for POSIX shells, if it needs that.
func Quote(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
