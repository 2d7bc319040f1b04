package demo

import (
	"io"
	"slices"
	"strings"

	"ecsctl/commands/console"
	"ecsctl/sandbox"
)

// place is an environment in which clients find the sandbox and nothing else.
type place struct {
	set   []string // NAME=value
	unset []string // names of what would lead elsewhere; one that ends in * is a prefix
}

// sandboxPlace is where a sandbox is. apiURL is that of a real Prefect API, whose
// credentials stay, or "".
func sandboxPlace(server *sandbox.Server, apiURL string) place {
	p := place{set: server.Env(), unset: []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN",
		"AWS_ENDPOINT_URL_*", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}}
	if apiURL != "" {
		p.set = slices.DeleteFunc(p.set, func(entry string) bool { return strings.HasPrefix(entry, "PREFECT_") })
		p.set = append(p.set, "PREFECT_API_URL="+apiURL)
		return p
	}
	p.unset = append(p.unset, "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_PROFILE")
	return p
}

// over puts the place over an environment.
func (p place) over(env []string) []string {
	kept := slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.ContainsFunc(p.unset, func(pattern string) bool { return matchesName(pattern, name) })
	})
	return append(kept, p.set...)
}

func matchesName(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

// Print writes it as shell commands. The values have no character that a shell minds.
func (p place) Print(out io.Writer) {
	for _, entry := range p.set {
		console.Printf(out, "export %s\n", entry)
	}
	names := slices.DeleteFunc(slices.Clone(p.unset), func(name string) bool {
		return strings.HasSuffix(name, "*") ||
			slices.ContainsFunc(p.set, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	})
	console.Printf(out, "unset %s\n", strings.Join(names, " "))
}
