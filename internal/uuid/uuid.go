// Package uuid makes UUIDs, and knows one.
package uuid

import (
	"crypto/rand"
	"fmt"
	"regexp"
)

// New is a random UUID (version 4).
func New() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return From(b)
}

// From is the UUID (version 4) of 16 bytes: the same for the same bytes.
func From(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

var form = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// Is reports whether text is a UUID, as Prefect writes its ids.
func Is(text string) bool { return form.MatchString(text) }
