package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"ecsctl/internal/closest"
	"ecsctl/internal/hint"
)

const poolsKey = "pools"

// pools are those of a file that describes several, by name.
type pools map[string]ast.Node

// takePools takes the pools out of a file's document.
func takePools(document *ast.MappingNode) (pools, error) {
	i := slices.IndexFunc(document.Values, func(v *ast.MappingValueNode) bool { return keyOf(v) == poolsKey })
	if i < 0 {
		return nil, nil
	}
	value := document.Values[i].Value
	document.Values = slices.Delete(document.Values, i, i+1)
	list, ok := value.(*ast.MappingNode)
	if !ok {
		return nil, at(value, "pools is a map of pools by name")
	}
	out := pools{}
	for _, entry := range list.Values {
		if err := checkPool(entry.Value); err != nil {
			return nil, err
		}
		out[keyOf(entry)] = entry.Value
	}
	return out, nil
}

// checkPool refuses what says again which pool it is.
func checkPool(node ast.Node) error {
	settings, ok := node.(*ast.MappingNode)
	if !ok {
		if _, none := node.(*ast.NullNode); none {
			return nil
		}
		return at(node, "a pool is a map of settings; {} is one without any of its own")
	}
	for _, entry := range settings.Values {
		if key := keyOf(entry); key == "pool" || key == poolsKey {
			return at(entry, "%s: a pool in pools has its name already, and none within", key)
		}
	}
	return nil
}

func keyOf(v *ast.MappingValueNode) string { return v.Key.GetToken().Value }

// positioned is an error at a place of the file.
type positioned struct {
	line, column int
	text         string
}

func (p *positioned) Error() string { return p.text }

func at(node ast.Node, format string, args ...any) error {
	position := node.GetToken().Position
	return &positioned{position.Line, position.Column, fmt.Sprintf(format, args...)}
}

// AnyPool is the name for who wants what all pools of a file have.
const AnyPool = "*"

// pick puts the settings of the pool over those that all have. With no name it is the only one.
func (p pools) pick(file, name string, s *Spec) error {
	names := slices.Sorted(maps.Keys(p))
	if name == AnyPool {
		return nil
	}
	if name == "" && s.Pool == "" && len(names) == 1 {
		name = names[0]
	}
	if s.Pool != "" {
		return fmt.Errorf("%s has both pool and pools: name each pool in pools", file)
	}
	if name == "" {
		return hint.Add(fmt.Errorf("%s describes the pools %s", file, strings.Join(names, ", ")),
			"say which with --pool")
	}
	node, ok := p[name]
	if !ok {
		err := fmt.Errorf("%s describes no pool %q, but %s", file, name, strings.Join(names, ", "))
		if near, ok := closest.Of(name, names); ok {
			return hint.Add(err, fmt.Sprintf("is %s meant?", near))
		}
		return hint.Add(err, "add it under pools; {} is a pool without settings of its own")
	}
	s.Pool = name
	if _, none := node.(*ast.NullNode); none {
		return nil
	}
	return yaml.NodeToValue(node, s, yaml.Strict())
}
