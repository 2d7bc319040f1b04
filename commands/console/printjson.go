package console

import (
	"encoding/json"
	"fmt"
	"io"
)

// PrintJSON writes one value as people and programs can read it.
func PrintJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(Exact(w))
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("failed to write the result: %w", err)
	}
	return nil
}
