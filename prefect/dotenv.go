package prefect

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

var (
	dotenvLine     = regexp.MustCompile(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$`)
	dotenvVariable = regexp.MustCompile(`\$\{([^}:]*)(?::-([^}]*))?\}`)
	dotenvEscape   = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\"`, `"`, `\\`, `\`)
)

// readDotenv reads the PREFECT_* settings of a .env file the way python-dotenv does:
// quotes, comments, "export" and ${NAME:-default}. A missing file is no settings, and a
// line that is none is skipped, as it is there. Values over several lines are not read.
func readDotenv(path string, env map[string]string) (source, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return source{name: path}, nil
	}
	if err != nil {
		return source{}, fmt.Errorf("failed to read Prefect settings: %w", err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(data)) {
		match := dotenvLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if match != nil {
			all[match[1]] = dotenvValue(match[2], all, env)
		}
	}
	return source{path, prefectOnly(all)}, nil
}

func dotenvValue(text string, earlier, env map[string]string) string {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "'"):
		quoted, _, _ := strings.Cut(text[1:], "'")
		return interpolate(quoted, earlier, env)
	case strings.HasPrefix(text, `"`):
		return interpolate(dotenvEscape.Replace(doubleQuoted(text[1:])), earlier, env)
	}
	if i := strings.Index(text, " #"); i >= 0 {
		text = text[:i]
	}
	return interpolate(strings.TrimSpace(text), earlier, env)
}

// doubleQuoted is text up to the first quote that no backslash guards.
func doubleQuoted(text string) string {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[:i]
		}
	}
	return text
}

// interpolate fills in ${NAME}: lines above go before the environment.
func interpolate(text string, earlier, env map[string]string) string {
	return dotenvVariable.ReplaceAllStringFunc(text, func(reference string) string {
		match := dotenvVariable.FindStringSubmatch(reference)
		for _, values := range []map[string]string{earlier, env} {
			if value, ok := values[match[1]]; ok {
				return value
			}
		}
		return match[2]
	})
}
