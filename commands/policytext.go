package commands

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/provision"
)

// printPolicy writes the policy, in parts where a managed policy cannot hold it.
func printPolicy(streams console.Streams, opts policyOptions, id provision.Identity, policy provision.Policy) error {
	parts := policy.Parts()
	if opts.Part > len(parts) {
		return console.Usagef("--part %d: the policy has %d", opts.Part, len(parts))
	}
	if opts.Output == inputs.OutputJSON {
		if opts.Part > 0 {
			policy = parts[opts.Part-1]
		} else if n := len(parts); n > 1 {
			console.Printf(streams.Err, "%d characters are more than the %d of a managed policy: print its parts "+
				"with --part 1 to --part %d, or put it into a role as an inline policy, which may have 10240\n",
				len(policy.Document()), provision.MaxManagedPolicy, n)
		}
		return writeDocument(streams.Out, policy)
	}
	for i, part := range parts {
		if opts.Part == 0 || opts.Part == i+1 {
			if err := writePolicyText(streams.Out, heading(opts, id, i+1, len(parts)), part); err != nil {
				return err
			}
		}
	}
	return nil
}

func heading(opts policyOptions, id provision.Identity, part, parts int) string {
	text := fmt.Sprintf("%s, for work pool %q in AWS account %s, region %s", opts.Name, opts.Spec.Pool,
		id.Account, id.Region)
	if parts > 1 {
		text += fmt.Sprintf(": part %d of %d, each a managed policy of its own", part, parts)
	}
	return text
}

func writeDocument(w io.Writer, policy provision.Policy) error {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(policy.Document()), "", "  "); err != nil {
		return fmt.Errorf("failed to write the policy: %w", err)
	}
	console.Printf(console.Exact(w), "%s\n", pretty.String())
	return nil
}

// writePolicyText writes the document with a comment before each statement.
func writePolicyText(w io.Writer, heading string, policy provision.Policy) error {
	w = console.Exact(w)
	console.Printf(w, "// %s\n{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n", heading)
	for i, s := range policy.Statements {
		raw, err := json.MarshalIndent(s.Bare(), "    ", "  ")
		if err != nil {
			return fmt.Errorf("failed to write statement %q: %w", s.Sid, err)
		}
		comma := ","
		if i == len(policy.Statements)-1 {
			comma = ""
		}
		console.Printf(w, "    // %s\n    %s%s\n", strings.ReplaceAll(s.Why, "\n", " "), raw, comma)
	}
	console.Printf(w, "  ]\n}\n")
	return nil
}
