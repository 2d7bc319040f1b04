package prefect

import (
	"fmt"
	"strings"

	"ecsctl/internal/hint"
)

// checkSecrets refuses what cannot be sent in a header: no waiting fixes it. The value itself is
// in no message.
func (o Options) checkSecrets() error {
	for name, value := range o.Headers {
		if !isHeaderValue(value) {
			return badHeader("header "+name, "PREFECT_CLIENT_CUSTOM_HEADERS")
		}
	}
	switch {
	case !isHeaderValue(o.APIKey):
		return badHeader(string(authKey), settingAPIKey)
	case !isHeaderValue(o.AuthString): // it is encoded, but no server has one with such characters
		return badHeader(string(authString), settingAuthString)
	}
	return nil
}

func badHeader(what, variable string) error {
	return hint.Add(fmt.Errorf("the %s holds a line's end or another character that cannot be sent in a header", what),
		"write the secret anew without it (printf %s instead of echo), and check "+variable)
}

// isHeaderValue follows RFC 9110, 5.5.
func isHeaderValue(s Secret) bool {
	return !strings.ContainsFunc(s.Reveal(), func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
