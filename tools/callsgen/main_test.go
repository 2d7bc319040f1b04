package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTheFilesAreWhatTheListSays(t *testing.T) {
	for _, s := range services {
		want, err := s.source()
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../../internal/aws", s.file()))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what tools/callsgen makes: run go generate ./tools/callsgen", s.file())
		}
	}
}

// An operation that nobody calls costs its part of the image all the same.
func TestEachOperationIsCalled(t *testing.T) {
	called := calls(t, "provision", "operate", "worker", "commands")
	for _, s := range services {
		if !slices.IsSorted(s.operations) {
			t.Errorf("the operations of %s are not in order", s.name)
		}
		for _, operation := range s.operations {
			if !called[s.name+"."+operation] {
				t.Errorf("%s.%s: nothing calls it", s.name, operation)
			}
		}
	}
}

// calls finds the inputs of operations, as `ecs.RunTaskInput`, that the program makes.
func calls(t *testing.T, folders ...string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	visit := func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if owner, ok := selector.X.(*ast.Ident); ok {
			if operation, ok := strings.CutSuffix(selector.Sel.Name, "Input"); ok {
				found[owner.Name+"."+operation] = true
			}
		}
		return true
	}
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join("../..", folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err == nil {
				ast.Inspect(file, visit)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
