package sts

import (
	"net/http"
	"regexp"

	"ecsctl/sandbox/internal/wire"
)

// tokenCode is what devices show (API_AssumeRole).
var tokenCode = regexp.MustCompile(`^\d{6}$`)

// takeCode plays devices that show any code, each good for one session, as AWS has it (docs/aws-notes.md).
func (s *Service) takeCode(device, code string) error {
	denied := func(text string) error {
		return wire.WithStatus(http.StatusForbidden, "AccessDenied", "MultiFactorAuthentication failed%s", text)
	}
	switch {
	case device == "" && code == "":
		return nil
	case device == "" || code == "":
		return denied(", must provide both MFA serial number and one time pass code.")
	case !tokenCode.MatchString(code):
		return wire.Errorf("ValidationError", `1 validation error detected: Value '%s' at 'tokenCode' failed to satisfy `+
			`constraint: Member must satisfy regular expression pattern: [\d]*`, code)
	}
	if s.codes[device+" "+code] {
		return denied(" with invalid MFA one time pass code. ")
	}
	if s.codes == nil {
		s.codes = map[string]bool{}
	}
	s.codes[device+" "+code] = true
	return nil
}
