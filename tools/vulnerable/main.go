// Command vulnerable reads `govulncheck -json` and fails for what a change of ours can fix: a
// vulnerable function of a module that the program calls. What is in Go itself is named
// beside it: the next toolchain fixes it, and that is not for go.mod to say.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// message is one of the objects of the stream (golang.org/x/vuln/internal/govulncheck), as far as we need it.
type message struct {
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *struct {
		OSV   string `json:"osv"`
		Fixed string `json:"fixed_version"`
		Trace []struct {
			Module   string `json:"module"`
			Version  string `json:"version"`
			Function string `json:"function"`
		} `json:"trace"`
	} `json:"finding"`
}

func main() {
	ours, theirs, err := read(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulnerable:", err)
		os.Exit(1)
	}
	for _, line := range theirs {
		fmt.Println("in Go itself:", line)
	}
	for _, line := range ours {
		fmt.Println("to fix with go get:", line)
	}
	fmt.Printf("vulnerabilities called: %d in modules, %d in Go itself\n", len(ours), len(theirs))
	if len(ours) > 0 {
		os.Exit(1)
	}
}

// read returns a line for each vulnerability that is called: of modules, and of Go. A stream
// without a single entry of the database is an error: nothing was looked up.
func read(in io.Reader) (ours, theirs []string, err error) {
	summaries, messages := map[string]string{}, 0
	for decoder := json.NewDecoder(in); ; messages++ {
		var m message
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, fmt.Errorf("failed to read what govulncheck found: %w", err)
		}
		if m.OSV != nil {
			summaries[m.OSV.ID] = m.OSV.Summary
		}
		if m.Finding == nil || len(m.Finding.Trace) == 0 || m.Finding.Trace[0].Function == "" {
			continue // in a module or a package that is there, in nothing that is called
		}
		called := m.Finding.Trace[0]
		line := fmt.Sprintf("%s %s@%s, fixed in %s: %s", m.Finding.OSV, called.Module, called.Version, m.Finding.Fixed,
			summaries[m.Finding.OSV])
		list := &ours
		if called.Module == "stdlib" {
			list = &theirs
		}
		if !slices.ContainsFunc(*list, func(l string) bool { return strings.HasPrefix(l, m.Finding.OSV+" ") }) {
			*list = append(*list, line)
		}
	}
	if messages == 0 {
		return nil, nil, errors.New("govulncheck said nothing")
	}
	return ours, theirs, nil
}
