//go:build e2e

package peers

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var row = regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|")

// Differences are the names of the rows of docs/parity.md: what our worker does otherwise than
// the official one, on purpose.
func Differences(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(), "docs", "parity.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range row.FindAllSubmatch(text, -1) {
		names = append(names, string(found[1]))
	}
	return names
}
