package operate

// CheckStatus is the outcome of a check.
type CheckStatus string

// The outcomes. CheckSkip says that something could not be looked at, never that it is well.
const (
	CheckOK   CheckStatus = "OK"
	CheckWarn CheckStatus = "WARN"
	CheckFail CheckStatus = "FAIL"
	CheckSkip CheckStatus = "SKIP"
)

// Values are all outcomes.
func (CheckStatus) Values() []string {
	return []string{string(CheckOK), string(CheckWarn), string(CheckFail), string(CheckSkip)}
}

// Check is one thing that was looked at. Reason says what was found, Fix what to type or
// change; it is set with WARN and FAIL, and with SKIP when a right is missing.
type Check struct {
	Name   string      `json:"name"`
	Status CheckStatus `json:"status"`
	Reason string      `json:"reason"`
	Fix    string      `json:"fix,omitempty"`
}

// Worst is the gravest outcome of a list: FAIL, then WARN, then OK.
func Worst(checks []Check) CheckStatus {
	worst := CheckOK
	for _, c := range checks {
		switch {
		case c.Status == CheckFail:
			return CheckFail
		case c.Status == CheckWarn:
			worst = CheckWarn
		}
	}
	return worst
}
