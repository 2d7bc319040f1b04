// Command testcount reads the output of `go test -json`, prints what a person wants
// to see of it (a line for each package, everything of what failed), and adds up
// the tests. With -total FILE it appends "<passed> <failed> <skipped>" to FILE.
//
//	go test -json ./... | go run ./tools/testcount -stage unit -total FILE
//
// Lines that are not of the test runner are passed on. It exits with 1 when a test
// failed or none ran.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	stage := flag.String("stage", "tests", "name of the stage, for the last line")
	total := flag.String("total", "", "file to append the counts to")
	flag.Parse()
	counts, err := count(os.Stdin, os.Stdout)
	if err == nil && *total != "" {
		err = appendTotals(*total, counts)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %s\n", *stage, counts)
	if counts.failed > 0 || counts.passed == 0 {
		os.Exit(1)
	}
}

func appendTotals(path string, c counts) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("failed to write totals: %w", err)
	}
	if _, err := fmt.Fprintln(file, c.passed, c.failed, c.skipped); err != nil {
		return fmt.Errorf("failed to write totals: %w", err)
	}
	return file.Close()
}

// count reads events until the end of in.
func count(in io.Reader, out io.Writer) (counts, error) {
	run := newRun(out)
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			run.line(line)
		}
		if err == io.EOF {
			return run.counts, nil
		}
		if err != nil {
			return run.counts, fmt.Errorf("failed to read test events: %w", err)
		}
	}
}
