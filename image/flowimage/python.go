package flowimage

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// minors of Python 3 that a project may be tried for: what Prefect runs on, and room for what comes.
const (
	oldestMinor = 9
	newestMinor = 20
)

var minorVersion = regexp.MustCompile(`^3\.(\d{1,2})(\.\d+)?$`)

// minorOf is the minor version of 3.N or 3.N.M, and whether there is one.
func minorOf(version string) (int, bool) {
	m := minorVersion.FindStringSubmatch(strings.TrimSpace(version))
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}

var specifier = regexp.MustCompile(`^(>=|<=|==|!=|~=|>|<)\s*3(?:\.(\d+|\*))?(?:\.(\d+|\*))?$`)

// allowsMinor reports whether requires-python, a list of version specifiers, allows some Python 3.minor. What it does
// not
// understand it lets pass: uv has the last word.
func allowsMinor(requires string, minor int) bool {
	for part := range strings.SplitSeq(requires, ",") {
		m := specifier.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil || m[2] == "" || m[2] == "*" {
			continue
		}
		bound, _ := strconv.Atoi(m[2])
		exact := m[3] != "" && m[3] != "*"
		if !keeps(m[1], minor, bound, exact, m[3]) {
			return false
		}
	}
	return true
}

// keeps compares a minor version with a bound; patch is that of the bound, exact whether it has one.
func keeps(op string, minor, bound int, exact bool, patch string) bool {
	switch op {
	case ">=":
		return minor >= bound
	case ">":
		return minor > bound || exact && minor == bound
	case "<=":
		return minor <= bound
	case "<":
		return minor < bound || exact && patch != "0" && minor == bound
	case "==":
		return minor == bound
	case "~=":
		return minor == bound || !exact && minor >= bound
	default: // != of a whole minor version
		return minor != bound || exact
	}
}

// choosePython is the minor version for a project: what is asked for, else the local one when it is allowed, else the
// lowest that is.
func choosePython(asked, requires, local string) (string, error) {
	if asked != "" {
		minor, ok := minorOf(asked)
		if !ok {
			return "", fmt.Errorf("%q is no version of Python such as 3.12", asked)
		}
		return fmt.Sprintf("3.%d", minor), nil
	}
	if minor, ok := minorOf(local); ok && allowsMinor(requires, minor) {
		return fmt.Sprintf("3.%d", minor), nil
	}
	if requires != "" {
		for minor := oldestMinor; minor <= newestMinor; minor++ {
			if allowsMinor(requires, minor) {
				return fmt.Sprintf("3.%d", minor), nil
			}
		}
		return "", fmt.Errorf("requires-python %q allows no Python 3 that there is", requires)
	}
	return defaultPython, nil
}

// defaultPython is taken when neither the project nor this machine says anything.
const defaultPython = "3.12"
