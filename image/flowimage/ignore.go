package flowimage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// IgnoreFile is where a project says what stays out, in the patterns of .dockerignore; that one is read when there is
// none.
const IgnoreFile = ".ecsctlignore"

// defaultIgnore stays out unless a pattern with ! takes it in: secrets, histories, environments and what tools leave.
var defaultIgnore = []string{
	"**/.env", "**/.env.*", "**/*.pem", "**/*.key", "**/*.p12", "**/*.pfx", "**/id_rsa*", "**/id_ed25519*",
	"**/id_ecdsa*", "**/id_dsa*",
	"**/.netrc", "**/.pypirc", "**/.aws", "**/.ssh", "**/.docker", "**/.kube", "**/*.tfstate*", "**/credentials.json",
	"**/.envrc", "**/.prefect",
	"**/.git", "**/.hg", "**/.svn", "**/.gitmodules",
	"**/.venv", "**/venv", "**/.tox", "**/.nox", "**/node_modules", "**/__pycache__", "**/*.pyc", "**/*.pyo",
	"**/*.egg-info",
	"**/.mypy_cache", "**/.ruff_cache", "**/.pytest_cache", "**/.ipynb_checkpoints", "**/.idea", "**/.vscode",
	"**/.DS_Store",
	IgnoreFile, ".dockerignore", ".prefectignore", "ecsctl.yaml",
}

// rule is one pattern; the last that matches counts.
type rule struct {
	pattern string
	match   *regexp.Regexp
	include bool // it began with !
}

// readIgnore reads the defaults and the project's own patterns after them.
func readIgnore(dir string) ([]rule, error) {
	rules, err := parseIgnore("", strings.Join(defaultIgnore, "\n"))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{IgnoreFile, ".dockerignore"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("failed to read what stays out: %w", err)
		}
		own, err := parseIgnore(name, string(raw))
		return append(rules, own...), err
	}
	return rules, nil
}

func parseIgnore(file, text string) ([]rule, error) {
	var rules []rule
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		pattern, include := strings.CutPrefix(line, "!")
		pattern = strings.TrimPrefix(path.Clean("/"+strings.TrimSpace(pattern)), "/")
		match, err := regexp.Compile(patternRegexp(pattern))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %q is no pattern: %w", file, number, line, err)
		}
		rules = append(rules, rule{pattern, match, include})
	}
	return rules, nil
}

// patternRegexp is a pattern of .dockerignore as a regular expression: ** crosses slashes, * and ? do not, and what
// matches a folder matches all that is in it.
func patternRegexp(pattern string) string {
	var out strings.Builder
	out.WriteString("^")
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case strings.HasPrefix(pattern[i:], "**/"):
			out.WriteString("(?:.*/)?")
			i += 2
		case strings.HasPrefix(pattern[i:], "**"):
			out.WriteString(".*")
			i++
		case c == '*':
			out.WriteString("[^/]*")
		case c == '?':
			out.WriteString("[^/]")
		case c == '[' && strings.Contains(pattern[i:], "]"):
			end := i + strings.Index(pattern[i:], "]")
			out.WriteString(pattern[i : end+1])
			i = end
		case c == '\\' && i+1 < len(pattern):
			i++
			out.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		default:
			out.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	out.WriteString("(?:/.*)?$")
	return out.String()
}

// ignored reports whether a path stays out, and whether a pattern of the project has said so or the opposite.
func ignored(rules []rule, name string) bool {
	out := false
	for _, r := range rules {
		if out == r.include && r.match.MatchString(name) {
			out = !r.include
		}
	}
	return out
}

// mayInclude reports whether a pattern with ! can take in something below a folder that stays out.
func mayInclude(rules []rule, folder string) bool {
	for _, r := range rules {
		if r.include && (strings.HasPrefix(r.pattern, folder+"/") || strings.HasPrefix(r.pattern, "**")) {
			return true
		}
	}
	return false
}
