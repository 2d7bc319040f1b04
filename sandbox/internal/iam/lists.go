package iam

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

var nameSyntax = regexp.MustCompile(`^[\w+=,.@-]+$`)

func checkName(member, value string, limit int) error {
	problem := ""
	switch {
	case len(value) > limit:
		problem = "Member must have length less than or equal to " + strconv.Itoa(limit)
	case !nameSyntax.MatchString(value):
		problem = `Member must satisfy regular expression pattern: [\w+=,.@-]+`
	default:
		return nil
	}
	return wire.Errorf("ValidationError",
		"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, problem)
}

func compare(a, b string) int { return strings.Compare(a, b) }

type page struct {
	Marker   string
	MaxItems int
}

type pageAnswer struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// paginate cuts one page out; the marker is the index of the next item.
func paginate[T any](all []T, p page) ([]T, pageAnswer, error) {
	start := 0
	if p.Marker != "" {
		n, err := strconv.Atoi(p.Marker)
		if err != nil || n < 0 || n > len(all) {
			return nil, pageAnswer{}, wire.Errorf("ValidationError", "Invalid Marker: %s", p.Marker)
		}
		start = n
	}
	size := p.MaxItems
	if size == 0 {
		size = 100
	}
	if size < 0 || size > 1000 {
		return nil, pageAnswer{}, wire.Errorf("ValidationError", "1 validation error detected: Value '%d' at "+
			"'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000", size)
	}
	end := min(start+size, len(all))
	if end == len(all) {
		return all[start:end], pageAnswer{}, nil
	}
	return all[start:end], pageAnswer{IsTruncated: true, Marker: strconv.Itoa(end)}, nil
}

func noSuchEntity(format string, args ...any) *wire.Error {
	return wire.WithStatus(http.StatusNotFound, "NoSuchEntity", format, args...)
}
