package jobtemplate

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// pyText is a value as the official worker writes it into a string: Python's str().
// Objects are written with their keys sorted.
func pyText(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	return pyRepr(value)
}

func pyRepr(value any) string {
	switch value := value.(type) {
	case nil:
		return "None"
	case bool:
		if value {
			return "True"
		}
		return "False"
	case string:
		return pyQuote(value)
	case json.Number:
		return pyNumber(value)
	case []any:
		items := make([]string, len(value))
		for i, item := range value {
			items[i] = pyRepr(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		items := make([]string, 0, len(value))
		for _, key := range sortedKeys(value) {
			items = append(items, pyQuote(key)+": "+pyRepr(value[key]))
		}
		return "{" + strings.Join(items, ", ") + "}"
	default:
		return fmt.Sprint(value)
	}
}

func pyNumber(n json.Number) string {
	if isInteger(n) {
		if n == "-0" {
			return "0"
		}
		return n.String()
	}
	f, _ := n.Float64() // out of range is infinite, as in Python
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case f == 0:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	// Python switches to exponents below 1e-4 and from 1e16 on.
	if size := math.Abs(f); size < 1e-4 || size >= 1e16 {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func pyQuote(s string) string {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	var out strings.Builder
	out.WriteRune(quote)
	for _, r := range s {
		out.WriteString(pyEscape(r, quote))
	}
	out.WriteRune(quote)
	return out.String()
}

func pyEscape(r, quote rune) string {
	switch {
	case r == quote || r == '\\':
		return `\` + string(r)
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r == ' ' || unicode.IsPrint(r):
		return string(r)
	case r <= 0xff:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}
