package commands

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/operate"
	"ecsctl/operate/verify"
)

func printVerification(ctx context.Context, streams console.Streams, opts inputs.ReportOptions,
	result *verify.Verification, failed error) error {
	switch opts.Output {
	case inputs.OutputJSON:
		return console.PrintJSON(ctx, streams.Out, result, failed)
	case outputJUnit:
		return printJUnit(streams.Out, result)
	}
	for _, step := range result.Steps {
		printCheck(ctx, streams.Out, opts.Verbose, step.Check, fmt.Sprintf("%6.1f s  ", step.Seconds))
	}
	outcome := "passed"
	if !result.Passed {
		outcome = "failed"
	}
	console.Printf(streams.Out, "work pool %q: verify %s in %.1f s\n", result.Pool, outcome, result.Seconds)
	return nil
}

// underCheck is how far the lines below a check's first one are indented: as far as the writer indents where it
// wraps, so that a narrow window has room for them.
const underCheck = "\n      "

// printCheck prints a check, its fix below it. before stands between name and reason.
func printCheck(ctx context.Context, w io.Writer, verbose bool, c operate.Check, before string) {
	reason := console.Named(ctx, w, verbose, c.Reason)
	if c.Fix != "" {
		reason += "\nfix: " + c.Fix
	}
	console.Printf(w, "%-4s  %-22s  %s%s\n", c.Status, c.Name, before, strings.ReplaceAll(reason, "\n", underCheck))
}

// The elements of a JUnit report that CI systems read: one suite, a case for each step.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func printJUnit(w io.Writer, result *verify.Verification) error {
	suite := junitSuite{Name: "ecsctl verify " + result.Pool, Tests: len(result.Steps), Time: seconds(result.Seconds)}
	for _, step := range result.Steps {
		c := junitCase{Class: suite.Name, Name: step.Name, Time: seconds(step.Seconds)}
		switch step.Status {
		case operate.CheckFail:
			suite.Failures++
			first, _, _ := strings.Cut(step.Reason, "\n")
			c.Failure = &junitMessage{Message: first, Text: step.Reason + "\nfix: " + step.Fix}
		case operate.CheckSkip:
			suite.Skipped++
			c.Skipped = &junitMessage{Message: step.Reason}
		default:
			c.Out = step.Reason
		}
		suite.Cases = append(suite.Cases, c)
	}
	raw, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return fmt.Errorf("failed to write the result: %w", err)
	}
	console.Printf(w, "%s%s\n", xml.Header, raw)
	return nil
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }
