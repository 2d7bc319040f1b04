package prefectapi

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"

	random "ecsctl/internal/uuid" // uuid is a kind of value here
)

// moment is a time as the API writes it; the zero value is null.
type moment struct{ time.Time }

// MarshalJSON writes microseconds and UTC.
func (m moment) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + m.UTC().Format("2006-01-02T15:04:05.000000Z") + `"`), nil
}

// UnmarshalJSON reads the forms that clients send: with T or a space, with or without
// a zone (none is UTC).
func (m *moment) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	if text == nil {
		m.Time = time.Time{}
		return nil
	}
	normal := strings.Replace(*text, " ", "T", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, normal); err == nil {
			m.Time = t.UTC()
			return nil
		}
	}
	return errors.New("not a date and time")
}

// count is a whole number; clients may write it as 30.0.
type count int

// UnmarshalJSON refuses fractions.
func (c *count) UnmarshalJSON(data []byte) error {
	var number *float64
	if err := json.Unmarshal(data, &number); err != nil || number == nil {
		return err
	}
	if *number != math.Trunc(*number) {
		return errors.New("not a whole number")
	}
	*c = count(*number)
	return nil
}

// rawOr is raw, or a default for an absent or null one.
func rawOr(raw json.RawMessage, otherwise string) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage(otherwise)
	}
	return raw
}

// orEmpty makes an absent list an empty one.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// orNull is the JSON of an optional string: null when it is empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func newID() string { return random.New() }

func isUUID(s string) bool {
	plain := strings.ReplaceAll(s, "-", "")
	_, err := hex.DecodeString(plain)
	return err == nil && len(plain) == 32
}

// pathID is the id in a path. One that is no UUID is no route of Prefect 3, and an invalid
// one of Prefect 2.
func (a *API) pathID(r *request) (string, error) {
	id := r.PathValue("id")
	switch {
	case isUUID(id):
		return strings.ToLower(id), nil
	case a.isPrefect2():
		return "", invalid("type_error.uuid", "value is not a valid uuid", id, "path", "id")
	}
	return "", notFound("Not Found")
}
