package commands

import (
	"encoding/json"
	"fmt"
	"io"
)

// printJSON writes one value as people and programs can read it.
func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("failed to write the result: %w", err)
	}
	return nil
}
