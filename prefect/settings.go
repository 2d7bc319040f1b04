package prefect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The settings that Discover gives fields of their own.
const (
	settingAPIURL     = "PREFECT_API_URL"
	settingAPIKey     = "PREFECT_API_KEY"
	settingAuthString = "PREFECT_API_AUTH_STRING"
	settingProfile    = "PREFECT_PROFILE"
	settingHome       = "PREFECT_HOME"
	settingProfiles   = "PREFECT_PROFILES_PATH"
	settingHeaders    = "PREFECT_CLIENT_CUSTOM_HEADERS"
)

// Settings are the Prefect settings of a user: where the API is and how to get in.
type Settings struct {
	APIURL     string // empty when nothing names one
	APIKey     Secret
	AuthString Secret
	Profile    string // the name of the active profile

	// Sources says for each setting found where it came from, in words for a message:
	// "the environment" or "profile \"default\" in /home/me/.prefect/profiles.toml".
	Sources map[string]string

	Trimmed []string // settings whose values had white space around them

	// Extra are all other PREFECT_* settings, by variable name. Any of them may be secret.
	Extra map[string]Secret

	unused []string // what was found and is not used, in words: Warnings has them
}

// Overrides are values from the command line; they go before everything else.
type Overrides struct {
	APIURL string
	APIKey Secret
	// Profile is used instead of the active one; its values go before the environment,
	// as with `prefect --profile`.
	Profile string
	// Found is what an ecsctl.yaml says that was found and not named (trust.go).
	Found Found
}

// Found is what a file that nobody named says of where the key is read and sent.
type Found struct{ File, APIURL, APIKeyFile string }

// source is one place that settings are read from.
type source struct {
	name   string
	values map[string]string
	found  bool // in the working directory, whoever put it there
	// left are settings of this file that are not read, with why.
	left map[string]string
	// spelled are names that settings have in this file, where they are others.
	spelled map[string]string
}

func (s source) spell(name string) string { return cmp.Or(s.spelled[name], name) }

// Discover finds the settings of whoever has the environment environ ("K=V" strings)
// and works in workdir. The order, first match wins, is that of Prefect 3
// (prefect/settings/base.py, settings_customise_sources):
//
//	overrides, environment, .env, prefect.toml, [tool.prefect] of pyproject.toml,
//	the active profile
//
// Prefect 2 has only the environment and the profile. A variable that is set but empty
// hides those behind it, as it does there. Unlike Prefect, files that were found cannot
// say where secrets go, and a key goes to the server that it was set for: see trust.go.
func Discover(environ []string, workdir string, o Overrides) (Settings, error) {
	env := environment(environ)
	local, err := localSources(env, workdir)
	if err != nil {
		return Settings{}, err
	}
	profile, err := activeProfile(env, workdir, o.Profile)
	if err != nil {
		return Settings{}, err
	}
	sources := append([]source{{name: "the environment", values: prefectOnly(env)}, o.Found.source()}, local...)
	if o.Profile != "" {
		sources = append([]source{profile.source()}, sources...)
	} else {
		sources = append(sources, profile.source())
	}
	sources = append([]source{o.source()}, sources...)
	unused := distrust(sources)
	s := merge(sources)
	s.Profile, s.unused = profile.name, unused
	return s, nil
}

// Lookup returns a setting by its variable name, such as PREFECT_WORKER_QUERY_SECONDS.
func (s Settings) Lookup(name string) (Secret, bool) {
	if _, found := s.Sources[name]; !found {
		return "", false
	}
	switch name {
	case settingAPIURL:
		return Secret(s.APIURL), true
	case settingAPIKey:
		return s.APIKey, true
	case settingAuthString:
		return s.AuthString, true
	default:
		return s.Extra[name], true
	}
}

func (o Overrides) source() source {
	values := map[string]string{}
	if o.APIURL != "" {
		values[settingAPIURL] = o.APIURL
	}
	if o.APIKey != "" {
		values[settingAPIKey] = o.APIKey.Reveal()
	}
	return source{name: "the command line", values: values}
}

func (f Found) source() source {
	src := source{name: f.File, found: true, values: map[string]string{}, left: map[string]string{},
		spelled: map[string]string{
			settingAPIURL: "prefect.apiUrl", settingAPIKey: "prefect.apiKeyFile",
		}}
	if f.APIURL != "" {
		src.values[settingAPIURL] = f.APIURL
	}
	if f.APIKeyFile != "" {
		src.left[settingAPIKey] = notFound + ". Name the file with --config " + f.File + ", if you mean it"
	}
	return src
}

func merge(sources []source) Settings {
	s := Settings{Sources: map[string]string{}, Extra: map[string]Secret{}}
	for _, src := range sources {
		for name, value := range src.values {
			if _, taken := s.Sources[name]; taken {
				continue
			}
			s.Sources[name] = src.name
			s.set(name, value)
		}
	}
	return s
}

func (s *Settings) set(name, value string) {
	switch name {
	case settingAPIURL:
		s.APIURL = strings.TrimRight(value, "/")
	case settingAPIKey:
		s.APIKey = s.trimmed(name, value)
	case settingAuthString:
		s.AuthString = s.trimmed(name, value)
	case settingProfile, settingHome, settingProfiles: // spent on the search itself
	default:
		s.Extra[name] = Secret(value)
	}
}

// trimmed takes away the end of line that a file or an editor leaves behind a secret. Sent
// with it, no header is valid.
func (s *Settings) trimmed(name, value string) Secret {
	out := strings.TrimSpace(value)
	if out != value {
		s.Trimmed = append(s.Trimmed, name)
	}
	return Secret(out)
}

// Warnings are the mistakes that Prefect warns of in an API URL
// (prefect/settings/models/root.py), in words of their own, and what is not used for safety.
func (s Settings) Warnings() []string {
	out := slices.Clone(s.unused)
	warn := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if strings.Contains(s.APIURL, "app.prefect.cloud") {
		warn("the API URL is that of the web pages: the API is at api.prefect.cloud")
	}
	if strings.Contains(s.APIURL, "/account/") {
		warn("the API URL has /account/ where /accounts/ belongs")
	}
	if strings.Contains(s.APIURL, "/workspace/") {
		warn("the API URL has /workspace/ where /workspaces/ belongs")
	}
	for _, name := range s.Trimmed {
		warn("%s begins or ends with white space, as a line's end: it is left out", name)
	}
	if s.APIKey != "" && s.AuthString != "" {
		warn("both an API key and an auth string are set: the auth string is used")
	}
	return out
}
