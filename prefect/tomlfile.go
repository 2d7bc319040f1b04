package prefect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"ecsctl/internal/bounded"
)

// readTOML parses a file; a missing one is an empty table. Errors name the file, the
// line and the column, and never quote the file: it holds keys.
func readTOML(path string, read func(string, int64) ([]byte, error)) (map[string]any, error) {
	data, err := read(path, bounded.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to read Prefect settings: %w", err)
	}
	return parseTOML(path, data)
}

func parseTOML(path string, data []byte) (map[string]any, error) {
	var table map[string]any
	err := toml.Unmarshal(data, &table)
	var syntax *toml.DecodeError
	if errors.As(err, &syntax) {
		line, column := syntax.Position()
		return nil, fmt.Errorf("failed to parse Prefect settings in %s: line %d, column %d: not valid TOML", path,
			line, column)
	}
	if err != nil {
		return nil, fmt.Errorf("failed to parse Prefect settings in %s: not valid TOML", path)
	}
	return table, nil
}

// readSettingsTOML reads a file whose tables spell settings: url in [api] is
// PREFECT_API_URL. header names the table that they are in.
func readSettingsTOML(path string, header ...string) (source, error) {
	table, err := readTOML(path, bounded.ReadFound)
	if err != nil {
		return source{}, err
	}
	name := path
	if len(header) > 0 {
		name = fmt.Sprintf("[%s] of %s", strings.Join(header, "."), path)
	}
	for _, key := range header {
		table, _ = table[key].(map[string]any)
	}
	values := map[string]string{}
	flatten("PREFECT", table, values)
	return source{name: name, values: values, found: true}, nil
}

func flatten(prefix string, table map[string]any, into map[string]string) {
	for key, value := range table {
		name := prefix + "_" + strings.ToUpper(key)
		// One setting is a table itself; all other tables hold settings.
		if child, ok := value.(map[string]any); ok && name != settingHeaders {
			flatten(name, child, into)
			continue
		}
		into[name] = settingText(value)
	}
}

// settingText writes a TOML value as the environment variable would hold it.
func settingText(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any, map[string]any:
		if text, err := json.Marshal(value); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(value)
}
