package prefect

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"ecsctl/internal/bounded"
)

var (
	dotenvLine     = regexp.MustCompile(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$`)
	dotenvVariable = regexp.MustCompile(`\$\{([^}:]*)(?::-([^}]*))?\}`)
	dotenvEscape   = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r", `\"`, `"`, `\\`, `\`)
)

// maxExpanded is how long a value may become: each line can double the one before it.
const maxExpanded = 64 << 10

// dotenv is a .env file as far as it has been read.
type dotenv struct {
	env      map[string]string // the environment
	values   map[string]string
	borrowed map[string]string // settings that refer to the environment, and to what there
}

// readDotenv reads the PREFECT_* settings of a .env file the way python-dotenv does:
// quotes, comments, "export" and ${NAME:-default}. A missing file is no settings, and a
// line that is none is skipped, as it is there. Values over several lines are not read.
// Unlike there, what refers to the environment is no setting: the file may be anyone's,
// and would send any variable along as a key.
func readDotenv(path string, env map[string]string) (source, error) {
	data, err := bounded.ReadFound(path, bounded.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return source{name: path, found: true}, nil
	}
	if err != nil {
		return source{}, fmt.Errorf("failed to read Prefect settings: %w", err)
	}
	return parseDotenv(path, string(data), env)
}

func parseDotenv(path, text string, env map[string]string) (source, error) {
	d := dotenv{env: env, values: map[string]string{}, borrowed: map[string]string{}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		match := dotenvLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if match == nil {
			continue
		}
		if err := d.set(match[1], match[2]); err != nil {
			return source{}, fmt.Errorf("failed to read Prefect settings in %s: line %d: %w", path, number, err)
		}
	}
	src := source{name: path, values: prefectOnly(d.values), found: true, left: map[string]string{}}
	for name := range src.values {
		if from, is := d.borrowed[name]; is {
			delete(src.values, name)
			src.left[name] = "it takes ${" + from + "} from the environment, and " + notFound
		}
	}
	return src, nil
}

func (d *dotenv) set(name, text string) error {
	text, from, err := d.value(strings.TrimSpace(text))
	if err != nil {
		return fmt.Errorf("%s is %w", name, err)
	}
	d.values[name] = text
	delete(d.borrowed, name)
	if from != "" {
		d.borrowed[name] = from
	}
	return nil
}

// value is what the text of a setting stands for, and the variable of the environment that is part of it, if any.
func (d *dotenv) value(text string) (string, string, error) {
	switch {
	case strings.HasPrefix(text, "'"):
		quoted, _, _ := strings.Cut(text[1:], "'")
		return d.interpolate(quoted)
	case strings.HasPrefix(text, `"`):
		return d.interpolate(dotenvEscape.Replace(doubleQuoted(text[1:])))
	}
	if i := strings.Index(text, " #"); i >= 0 {
		text = text[:i]
	}
	return d.interpolate(strings.TrimSpace(text))
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

// interpolate fills ${NAME} in from the lines above and the environment. It returns what it took from there, too.
func (d *dotenv) interpolate(text string) (string, string, error) {
	var out strings.Builder
	borrowed := ""
	for {
		at := dotenvVariable.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		out.WriteString(text[:at[0]])
		fallback := ""
		if at[4] >= 0 {
			fallback = text[at[4]:at[5]]
		}
		value, from := d.lookup(text[at[2]:at[3]], fallback)
		out.WriteString(value)
		if from != "" {
			borrowed = from
		}
		if out.Len() > maxExpanded {
			break
		}
		text = text[at[1]:]
	}
	if out.Len()+len(text) > maxExpanded {
		return "", "", fmt.Errorf("longer than %s", bounded.Size(maxExpanded))
	}
	return out.String() + text, borrowed, nil
}

// lookup is what a reference stands for, and the variable of the environment that is part of it, if any.
func (d *dotenv) lookup(reference, fallback string) (value, from string) {
	if value, above := d.values[reference]; above {
		return value, d.borrowed[reference]
	}
	if value, set := d.env[reference]; set {
		return value, reference
	}
	return fallback, ""
}
