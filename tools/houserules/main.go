// Command houserules checks what vet and staticcheck do not: the rules of
// CONTRIBUTING.md that a machine can see. `make lint` runs it.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// The limits are 300 lines for a file, 60 for a function and 120 columns, with a tab as four. Raw strings are
// as wide as what they stand for. Tests have tables, and limits that are what they have: lower them when they
// have less.
const (
	maxFileLines         = 300
	maxFunctionLines     = 60
	maxTestFileLines     = 360
	maxTestFunctionLines = 76
	maxColumns           = 120
	tabColumns           = 4
)

func main() {
	problems, err := check(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "houserules:", err)
		os.Exit(1)
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// check reads every Go file below root.
func check(root string) ([]string, error) {
	var problems []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		found, err := checkFile(path)
		problems = append(problems, found...)
		return err
	})
	return problems, err
}

func checkFile(path string) ([]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("failed to parse %q: %w", path, err)
	}
	f := fileCheck{set: set, test: strings.HasSuffix(path, "_test.go") || strings.Contains(path, "internal/testkit/")}
	if !ast.IsGenerated(file) {
		if err := f.columns(path, rawLines(set, file)); err != nil {
			return nil, err
		}
	}
	if lines, most := set.File(file.Pos()).LineCount(), f.most(maxFileLines, maxTestFileLines); lines > most {
		f.problem(file, fmt.Sprintf("the file has %d lines, more than %d", lines, most))
	}
	ast.Inspect(file, f.visit)
	return f.problems, nil
}

type fileCheck struct {
	set      *token.FileSet
	test     bool
	problems []string
}

func (f *fileCheck) problem(node ast.Node, text string) {
	f.problems = append(f.problems, fmt.Sprintf("%s: %s", f.set.Position(node.Pos()), text))
}

// rawLines are the lines that a raw string is on.
func rawLines(set *token.FileSet, file *ast.File) map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		if text, ok := node.(*ast.BasicLit); ok && strings.HasPrefix(text.Value, "`") {
			for line := set.Position(text.Pos()).Line; line <= set.Position(text.End()).Line; line++ {
				lines[line] = true
			}
		}
		return true
	})
	return lines
}

// columns looks at the lines as an editor shows them.
func (f *fileCheck) columns(path string, raw map[int]bool) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for i, line := range strings.Split(string(content), "\n") {
		width := utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
		if width > maxColumns && !raw[i+1] {
			f.problems = append(f.problems, fmt.Sprintf("%s:%d: a line of %d columns, more than %d", path, i+1, width,
				maxColumns))
		}
	}
	return nil
}

func (f *fileCheck) visit(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.FuncDecl:
		f.length(node)
	case *ast.FuncLit:
		f.length(node)
	case *ast.BasicLit:
		// The prefix is put together here, so that this file passes its own check.
		if !f.test && node.Kind == token.STRING && strings.Contains(node.Value, "arn:"+"aws:") {
			f.problem(node, "an ARN with a literal partition: GovCloud and China have others")
		}
	case *ast.CallExpr:
		f.call(node)
	}
	return true
}

func (f *fileCheck) most(of, ofTests int) int {
	if f.test {
		return ofTests
	}
	return of
}

func (f *fileCheck) length(node ast.Node) {
	lines := f.set.Position(node.End()).Line - f.set.Position(node.Pos()).Line + 1
	if most := f.most(maxFunctionLines, maxTestFunctionLines); lines > most {
		f.problem(node, fmt.Sprintf("a function of %d lines, more than %d", lines, most))
	}
}

func (f *fileCheck) call(call *ast.CallExpr) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	owner, ok := selector.X.(*ast.Ident)
	if !ok {
		return
	}
	switch owner.Name + "." + selector.Sel.Name {
	case "time.Sleep":
		f.problem(call, "time.Sleep is deaf to its context")
	case "strings.Contains":
		if inner, ok := call.Args[0].(*ast.CallExpr); ok && !f.test && isErrorText(inner) {
			f.problem(call, "the meaning of an error is in its type, not in its text")
		}
	}
}

func isErrorText(call *ast.CallExpr) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Error" && len(call.Args) == 0
}
