package spec

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"ecsctl/internal/hint"
)

const specHint = "docs/configuration.md lists the keys; `ecsctl schema` makes editors check them"

// ParseSpec reads an ecsctl.yaml. Unknown keys and wrong types are errors that name
// the line and the column; an empty file is an empty Spec. Of a file with several pools it is the one
// of the name.
func ParseSpec(name string, raw []byte, pool string) (Spec, error) {
	s, err := parseSpec(name, raw, pool)
	if err == nil {
		return s, nil
	}
	var in yaml.Error
	var here *positioned
	switch {
	case errors.As(err, &in):
		position := in.GetToken().Position
		err = fmt.Errorf("%s:%d:%d: %s", name, position.Line, position.Column, in.GetMessage())
	case errors.As(err, &here):
		err = fmt.Errorf("%s:%d:%d: %w", name, here.line, here.column, err)
	case !strings.HasPrefix(err.Error(), name):
		err = fmt.Errorf("%s: %w", name, err)
	}
	return Spec{}, hint.Add(err, specHint)
}

func parseSpec(name string, raw []byte, pool string) (Spec, error) {
	var s Spec
	if err := checkSyntax(name, raw); err != nil {
		return s, err
	}
	file, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return s, err
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return s, nil
	}
	body := file.Docs[0].Body
	document, ok := body.(*ast.MappingNode)
	if !ok {
		return s, decode(body, &s)
	}
	several, err := takePools(document)
	if err != nil {
		return s, err
	}
	if err := decode(document, &s); err != nil || several == nil {
		return s, err
	}
	return s, several.pick(name, pool, &s)
}

func decode(node ast.Node, s *Spec) error {
	err := yaml.NodeToValue(node, s, yaml.Strict())
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
