package inputs

import (
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

// Repeated is the value of a flag that may be given more than once. Unlike the flag
// library's own, it does not split at commas: values may hold them.
type Repeated []string

// copied is what the flag library sets a flag to that was given by its short name.
// Both names share one value, so there is nothing to copy.
const copied = "\x00copied"

// Set appends a value.
func (r *Repeated) Set(value string) error {
	if value != copied {
		*r = append(*r, value)
	}
	return nil
}

// String is the default that help shows: none.
func (r *Repeated) String() string { return strings.Join(*r, ", ") }

// Serialize is what the flag library asks for when it copies a flag.
func (r *Repeated) Serialize() string { return copied }

// GivenOrEnv returns the values of a repeated flag, or without the flag those of its variable,
// which stand between commas.
func GivenOrEnv(c *cli.Context, name string) []string {
	values := Given(c, name)
	switch { // the flag library sets the variable's value before the flag's
	case os.Getenv(Env(name)[0]) == "":
		return values
	case len(values) > 1:
		return values[1:]
	}
	var out []string
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			out = append(out, strings.TrimSpace(part))
		}
	}
	return out
}

// Given returns the values of a repeated flag, or nil.
func Given(c *cli.Context, name string) []string {
	values, ok := c.Generic(name).(*Repeated)
	if !ok || len(*values) == 0 {
		return nil
	}
	return *values
}
