package prefect

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// A working directory may be anyone's: a clone, a pull request. What is found there must not
// send the user's credentials elsewhere. The command line, the environment and the profile
// are the user's own.

// whereSettings say where secrets are read from or sent to, and who is believed to be there.
var whereSettings = []string{
	settingAPIURL, settingProfiles, "PREFECT_API_SSL_CERT_FILE", "PREFECT_API_TLS_INSECURE_SKIP_VERIFY",
	"PREFECT_CLOUD_API_URL",
}

// credentials are what is sent along with each call.
var credentials = []string{settingAPIKey, settingAuthString, settingHeaders}

// distrust takes out of the sources what must not be used together, and says what it took.
func distrust(sources []source) []string {
	urls := make([]string, len(sources))
	for i, src := range sources {
		urls[i] = src.values[settingAPIURL]
	}
	out := dropFound(sources)
	target := first(sources, settingAPIURL)
	for i, src := range sources {
		if urls[i] == "" || target == "" || sameOrigin(urls[i], target) {
			continue
		}
		for _, name := range credentials {
			if src.values[name] != "" {
				delete(src.values, name)
				out = append(out, fmt.Sprintf("%s of %s is not sent to %s: it is set there for another server", name,
					src.name, target))
			}
		}
	}
	return out
}

// notFound is why a setting is not used.
const notFound = "a file that was found cannot say where credentials are read or sent"

// dropFound takes the whereSettings out of files that were found. They count only for
// someone who has no credentials and no server of his own.
func dropFound(sources []source) []string {
	var out []string
	own := hasOwn(sources)
	for _, src := range sources {
		if !src.found {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(src.left)) {
			out = append(out, fmt.Sprintf("%s of %s is not used: %s", src.spell(name), src.name, src.left[name]))
		}
		dropped := whereSettings
		if !own {
			dropped = []string{settingProfiles}
		}
		for _, name := range dropped {
			value := src.values[name]
			delete(src.values, name)
			if value == "" || sources[0].values[name] != "" || sameSetting(value, first(sources, name)) {
				continue
			}
			out = append(out, fmt.Sprintf("%s of %s is not used: %s. Set %s, or a Prefect profile, if you mean it",
				src.spell(name), src.name, notFound, name))
		}
	}
	return out
}

// sameSetting leaves the slash at the end of a URL out of account.
func sameSetting(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

// hasOwn reports whether the user has a server or credentials.
func hasOwn(sources []source) bool {
	for _, src := range sources {
		for _, name := range append([]string{settingAPIURL}, credentials...) {
			if !src.found && src.values[name] != "" {
				return true
			}
		}
	}
	return false
}

// first is the value that takes precedence.
func first(sources []source, name string) string {
	for _, src := range sources {
		if value, set := src.values[name]; set {
			return value
		}
	}
	return ""
}

func sameOrigin(a, b string) bool {
	left, err := url.Parse(a)
	if err != nil {
		return false
	}
	right, err := url.Parse(b)
	return err == nil && origin(left) == origin(right)
}
