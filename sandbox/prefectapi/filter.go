package prefectapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// defaultLimit is the number of rows of a page (PREFECT_API_DEFAULT_LIMIT).
const defaultLimit = 200

// page is the part of a listing that is asked for.
type page struct {
	Limit  *count `json:"limit"`
	Offset int    `json:"offset"`
	Sort   string `json:"sort"`
}

func pageSchema(filters ...string) schema {
	s := schema{fields: map[string]kind{"limit": whole, "offset": whole, "sort": text}, open: true}
	for _, name := range filters {
		s.fields[name] = dict
	}
	return s
}

// show cuts a page out of the rows and writes each.
func show[T any](rows []T, p page, write func(T) object) (answer, error) {
	limit := count(defaultLimit)
	if p.Limit != nil {
		limit = *p.Limit
	}
	if limit > defaultLimit {
		return answer{}, refuse(http.StatusUnprocessableEntity, "Invalid limit: must be less than or equal to %d.",
			defaultLimit)
	}
	rows = rows[min(p.Offset, len(rows)):]
	out := make([]object, 0, len(rows))
	for _, row := range rows[:min(int(limit), len(rows))] {
		out = append(out, write(row))
	}
	return ok(out)
}

// sortBy puts rows in an order that a client asks for by name; without a name they stay.
func sortBy[T any](rows []T, name string, orders map[string]func(x, y T) int) error {
	if name == "" {
		return nil
	}
	order, known := orders[name]
	if !known {
		return notImplemented("sort order " + name)
	}
	slices.SortStableFunc(rows, order)
	return nil
}

// filter are conditions by field; all must hold. null is none.
type filter map[string]json.RawMessage

// test reads a condition and returns what reports whether a row meets it.
type test[T any] func(condition json.RawMessage) (func(row T) bool, error)

// match picks the rows that meet a filter.
func match[T any](rows []T, f filter, where string, tests map[string]test[T]) ([]T, error) {
	checks, err := readFilter(f, where, tests)
	return slices.DeleteFunc(slices.Clone(rows), func(row T) bool { return !meetsAll(row, checks) }), err
}

// readFilter returns a check for each condition. Fields without a test are refused by name.
func readFilter[T any](f filter, where string, tests map[string]test[T]) ([]func(T) bool, error) {
	var checks []func(T) bool
	for field, condition := range f {
		if field == "operator" && string(condition) == `"and_"` || string(condition) == "null" {
			continue
		}
		read, known := tests[field]
		if !known {
			return nil, notImplemented("filter " + where + "." + field)
		}
		check, err := read(condition)
		if err != nil {
			return nil, err
		}
		checks = append(checks, check)
	}
	return checks, nil
}

func meetsAll[T any](row T, checks []func(T) bool) bool {
	return !slices.ContainsFunc(checks, func(check func(T) bool) bool { return !check(row) })
}

func meetsAny[T any](row T, checks []func(T) bool) bool {
	return slices.ContainsFunc(checks, func(check func(T) bool) bool { return check(row) })
}

// anyOf is the conditions any_, not_any_ and like_ on a text.
func anyOf[T any](value func(T) string) test[T] {
	return func(raw json.RawMessage) (func(T) bool, error) {
		checks, err := textChecks(raw)
		return func(row T) bool { return meetsAll(value(row), checks) }, err
	}
}

func textChecks(raw json.RawMessage) ([]func(string) bool, error) {
	var c map[string]json.RawMessage
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, invalid("model_attributes_type", "Input should be a valid dictionary", raw, "body")
	}
	var checks []func(string) bool
	for operator, operand := range c {
		check, err := textCheck(operator, operand)
		if err != nil {
			return nil, err
		}
		checks = append(checks, check)
	}
	return checks, nil
}

func textCheck(operator string, operand json.RawMessage) (func(string) bool, error) {
	if string(operand) == "null" {
		return func(string) bool { return true }, nil
	}
	var list []string
	var one string
	var yes bool
	switch operator {
	case "any_", "not_any_":
		if json.Unmarshal(operand, &list) != nil {
			return nil, invalid("list_type", "Input should be a valid list", operand, "body", operator)
		}
		set := map[string]bool{}
		for _, entry := range list {
			set[strings.ToLower(entry)] = true
		}
		return func(value string) bool { return set[strings.ToLower(value)] == (operator == "any_") }, nil
	case "like_":
		err := json.Unmarshal(operand, &one)
		return func(value string) bool {
			return err == nil && strings.Contains(strings.ToLower(value), strings.ToLower(one))
		}, nil
	case "is_null_":
		err := json.Unmarshal(operand, &yes)
		return func(value string) bool { return err == nil && (value == "") == yes }, nil
	}
	return nil, notImplemented("filter operator " + operator)
}

// isTrue is the condition eq_ on a flag.
func isTrue[T any](value func(T) bool) test[T] {
	return func(raw json.RawMessage) (func(T) bool, error) {
		var c struct {
			Equal *bool `json:"eq_"`
		}
		if json.Unmarshal(raw, &c) != nil {
			return nil, invalid("model_attributes_type", "Input should be a valid dictionary", raw, "body")
		}
		return func(row T) bool { return c.Equal == nil || value(row) == *c.Equal }, nil
	}
}

// between is the conditions before_ and after_ on a time.
func between[T any](value func(T) moment) test[T] {
	return func(raw json.RawMessage) (func(T) bool, error) {
		var c map[string]json.RawMessage
		if err := json.Unmarshal(raw, &c); err != nil {
			return nil, invalid("model_attributes_type", "Input should be a valid dictionary", raw, "body")
		}
		var checks []func(moment) bool
		for operator, operand := range c {
			check, err := timeCheck(operator, operand)
			if err != nil {
				return nil, err
			}
			checks = append(checks, check)
		}
		return func(row T) bool { return meetsAll(value(row), checks) }, nil
	}
}

func timeCheck(operator string, operand json.RawMessage) (func(moment) bool, error) {
	var bound moment
	if operator != "before_" && operator != "after_" {
		return nil, notImplemented("filter operator " + operator)
	}
	if json.Unmarshal(operand, &bound) != nil {
		return nil, invalid("datetime_type", "Input should be a valid datetime", operand, "body", operator)
	}
	return func(at moment) bool {
		if bound.IsZero() {
			return true
		}
		return !at.IsZero() && !(operator == "before_" && at.After(bound.Time)) &&
			!(operator == "after_" && at.Before(bound.Time))
	}, nil
}
