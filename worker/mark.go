package worker

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// The transition ids of our proposals are UUIDs of version 8 (RFC 9562: free to fill)
// that say who made them: an ecsctl worker, and a hash of its name. A claim so tells
// whose it is, in the state itself and from its first moment; nothing has to be
// written after it that a kill could prevent.
var markMagic = [4]byte{'e', 'c', 's', 'c'}

// mark stands for the name of a worker.
type mark [6]byte

func markOf(worker string) mark {
	sum := sha256.Sum256([]byte(worker))
	return mark(sum[:6])
}

// newTransition is a new transition id with the mark.
func (m mark) newTransition() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	copy(b[:4], markMagic[:])
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	copy(b[10:], m[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// readMark tells which worker has made a proposal, and whether it was one of ours.
func readMark(transitionID string) (mark, bool) {
	raw, err := hex.DecodeString(strings.ReplaceAll(transitionID, "-", ""))
	if err != nil || len(raw) != 16 || [4]byte(raw[:4]) != markMagic || raw[6]>>4 != 8 {
		return mark{}, false
	}
	return mark(raw[10:]), true
}
