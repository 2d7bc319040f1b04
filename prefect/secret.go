package prefect

import "log/slog"

// masked is what a Secret shows of itself; an empty one shows that it is empty.
const masked = "********"

// Secret is a string that must not be seen: an API key or an auth string. Printing,
// logging or encoding it gives stars; only Reveal gives the value.
type Secret string

// Reveal returns the value itself, for the wire alone.
func (s Secret) Reveal() string { return string(s) }

// String masks the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString masks the value in %#v.
func (s Secret) GoString() string { return `prefect.Secret("` + s.String() + `")` }

// MarshalText masks the value in JSON, YAML and other encodings.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue masks the value in structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
