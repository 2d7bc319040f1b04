package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

type counts struct{ passed, failed, skipped int }

func (c counts) String() string {
	text := fmt.Sprintf("%d passed, %d failed", c.passed, c.failed)
	if c.skipped > 0 {
		text += fmt.Sprintf(", %d skipped", c.skipped)
	}
	return text
}

// run follows the packages of one `go test`.
type run struct {
	counts
	out    io.Writer
	output map[string][]string // of what has not ended, by package and test
	failed map[string]bool     // packages with a failed test
}

func newRun(out io.Writer) *run {
	return &run{out: out, output: map[string][]string{}, failed: map[string]bool{}}
}

func (r *run) line(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		fmt.Fprint(r.out, line)
		return
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "pass", "fail", "skip":
		r.end(e, key)
	}
}

func (r *run) end(e event, key string) {
	output := r.output[key]
	delete(r.output, key)
	if e.Test == "" {
		r.endPackage(e, output)
		return
	}
	switch e.Action {
	case "pass":
		r.passed++
		return
	case "skip":
		r.skipped++
	case "fail":
		r.counts.failed++
		r.failed[e.Package] = true
	}
	// Failed and skipped tests say why.
	fmt.Fprint(r.out, strings.Join(output, ""))
}

// endPackage counts a package that failed without a failed test: it did not build,
// panicked, or was stopped by a time limit.
func (r *run) endPackage(e event, output []string) {
	switch {
	case e.Action == "fail" && !r.failed[e.Package]:
		r.counts.failed++
		r.unfinished(e.Package)
		fmt.Fprint(r.out, strings.Join(output, ""))
		fmt.Fprintf(r.out, "FAIL %s (%.1fs)\n", e.Package, e.Elapsed)
	case e.Action == "fail":
		fmt.Fprintf(r.out, "FAIL %s (%.1fs)\n", e.Package, e.Elapsed)
	case e.Action == "pass":
		fmt.Fprintf(r.out, "ok   %s (%.1fs)\n", e.Package, e.Elapsed)
	}
}

// unfinished prints the output of tests that never ended.
func (r *run) unfinished(pkg string) {
	for key, output := range r.output {
		if strings.HasPrefix(key, pkg+" ") {
			fmt.Fprint(r.out, strings.Join(output, ""))
			delete(r.output, key)
		}
	}
}
