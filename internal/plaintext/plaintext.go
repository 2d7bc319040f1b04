// Package plaintext makes text of others harmless for a terminal: names, messages and
// log lines may hold escape sequences that move the cursor, write the clipboard or hide what
// a person is about to confirm.
package plaintext

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// colour matches the escape sequences that stay: those that only colour text, or make it
// bold or faint, but neither black nor hidden.
var colour = regexp.MustCompile(
	`^\x1b\[(?:(?:0|1|2|22|39|3[1-79]|9[0-7]|38;5;(?:[1-9]|1[0-57-9]|[2-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]))(?:;|m))*m?`)

// linkMark stands in the links that this program makes, and nobody else knows it: others' links may lead
// elsewhere than they say.
var linkMark = rand.Text()

// link matches the escape sequences (OSC 8) around the text of such a link.
var link = regexp.MustCompile(`^\x1b\]8;(?:id=` + linkMark + `;[!-~]+|;)\x1b\\`)

// Link returns text that leads to an address, for a terminal that has links. The address is one of this
// program's making; one with anything but visible ASCII is left out.
func Link(text, address string) string {
	if address == "" || strings.IndexFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		return text
	}
	return "\x1b]8;id=" + linkMark + ";" + address + "\x1b\\" + text + "\x1b]8;;\x1b\\"
}

// Text keeps lines, tabs and colours, and shows every other control character as an
// escape that is valid in a JSON string too.
func Text(s string) string { return filter(s, true) }

// Line is Text for what must stay within its line.
func Line(s string) string { return filter(s, false) }

func filter(s string, lines bool) string {
	if isPlain(s, lines) {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if n := colourLength(s); n > 0 {
			out.WriteString(s[:n])
			s = s[n:]
			continue
		}
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\u%04x`, s[0])
		case lines && r == '\n', r == '\t', !isControl(r):
			out.WriteString(s[:size])
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&out, `\u%04x`, unit)
			}
		}
		s = s[size:]
	}
	return out.String()
}

// colourLength is how much of the beginning is a colour, or belongs to a link of ours; 0 is none.
func colourLength(s string) int {
	if s[0] != '\x1b' {
		return 0
	}
	if found := link.FindString(s); found != "" {
		return len(found)
	}
	found := colour.FindString(s)
	if found == "\x1b[" || !strings.HasSuffix(found, "m") {
		return 0
	}
	return len(found)
}

func isPlain(s string, lines bool) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool {
		return isControl(r) && r != '\t' && !(lines && r == '\n')
	}) < 0
}

// isControl reports whether r is a control character (C0, C1) or one of Unicode's that change
// the direction of text, separate lines or are invisible.
func isControl(r rune) bool {
	switch {
	case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x2028, r == 0x2029:
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, r == 0x200b, r == 0x2060, r == 0xfeff, r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}
