package stage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"ecsctl/docs"
)

// printsReport reports whether a command line asks for a report as JSON. Policies are documents of AWS.
func printsReport(args []string) bool {
	i := slices.Index(args, "--output")
	return i > 1 && i+1 < len(args) && args[i+1] == "json" && args[1] == "ecsctl" && args[2] != "policy"
}

// checkReports holds what ecsctl printed as JSON to the schemas in docs, without a field more. There is at
// least one object, also when the command failed.
func checkReports(printed string) error {
	decoder := json.NewDecoder(strings.NewReader(printed))
	for count := 0; ; count++ {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) && count > 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("no JSON of a command: %w: %s", err, printed)
		}
		if err := checkReport(raw); err != nil {
			return fmt.Errorf("%w: %s", err, raw)
		}
	}
}

func checkReport(raw json.RawMessage) error {
	var head struct{ Command string }
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	document, err := docs.Schemas.ReadFile("schemas/" + strings.ReplaceAll(head.Command, " ", "-") + ".schema.json")
	if err != nil {
		return err
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(document, &schema); err != nil {
		return err
	}
	schema.UnevaluatedProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		return err
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return err
	}
	return resolved.Validate(value)
}
