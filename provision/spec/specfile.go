package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"

	"ecsctl/internal/hint"
)

const specHint = "docs/configuration.md lists the keys; `ecsctl schema` makes editors check them"

// ParseSpec reads an ecsctl.yaml. Unknown keys and wrong types are errors that name
// the line and the column; an empty file is an empty Spec.
func ParseSpec(name string, raw []byte) (Spec, error) {
	var s Spec
	err := checkSyntax(name, raw)
	if err != nil {
		return Spec{}, hint.Add(err, specHint)
	}
	err = yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&s)
	if err == nil || errors.Is(err, io.EOF) {
		return s, nil
	}
	var at yaml.Error
	if errors.As(err, &at) {
		position := at.GetToken().Position
		err = fmt.Errorf("%s:%d:%d: %s", name, position.Line, position.Column, at.GetMessage())
	} else {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return Spec{}, hint.Add(err, specHint)
}
