package commands

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// repeated is the value of a flag that may be given more than once. Unlike the flag
// library's own, it does not split at commas: values may hold them.
type repeated []string

// Set appends a value.
func (r *repeated) Set(value string) error {
	*r = append(*r, value)
	return nil
}

// String is the default that help shows: none.
func (r *repeated) String() string { return strings.Join(*r, ", ") }

// given returns the values of a repeated flag.
func given(c *cli.Context, name string) []string {
	values, ok := c.Generic(name).(*repeated)
	if !ok {
		return nil
	}
	return *values
}
