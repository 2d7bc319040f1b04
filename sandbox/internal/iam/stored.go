package iam

import (
	"fmt"
	"sync"

	"ecsctl/sandbox/internal/policy"
)

// parsed are policies that were parsed before: each call of an account asks for all of its caller's. Nobody changes
// a document.
var parsed = struct {
	sync.Mutex
	documents map[string]policy.Document
}{documents: map[string]policy.Document{}}

// maxParsed is more than any account here has.
const maxParsed = 1000

// stored parses what was checked when it came in.
func stored(doc string) policy.Document {
	parsed.Lock()
	defer parsed.Unlock()
	if d, ok := parsed.documents[doc]; ok {
		return d
	}
	d, err := policy.Parse(doc)
	if err != nil {
		panic(fmt.Sprintf("sandbox: a stored policy does not parse: %v", err))
	}
	if len(parsed.documents) == maxParsed {
		clear(parsed.documents)
	}
	parsed.documents[doc] = d
	return d
}
