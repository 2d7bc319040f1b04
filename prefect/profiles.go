package prefect

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"ecsctl/internal/bounded"
)

// defaultProfile is Prefect 3's when nothing names another.
const defaultProfile = "ephemeral"

// builtinProfiles come with Prefect 3 (prefect/settings/profiles.toml) and 2 (default).
// Only local has a setting that matters to a client.
var builtinProfiles = map[string]map[string]string{
	"ephemeral": {},
	"local":     {settingAPIURL: "http://127.0.0.1:4200/api"},
	"test":      {},
	"cloud":     {},
	"default":   {},
}

// UnknownProfileError says that there is no profile of that name. Prefect goes on
// with its default profile then; a deployment tool must not.
type UnknownProfileError struct {
	Name   string
	Origin string   // what named it
	File   string   // where profiles were looked for
	Known  []string // the profiles of the file, sorted
}

func (e *UnknownProfileError) Error() string {
	known := "there are none"
	if len(e.Known) > 0 {
		known = "there are " + strings.Join(e.Known, ", ")
	}
	return fmt.Sprintf("there is no Prefect profile %q (named by %s) in %s: %s", e.Name, e.Origin, e.File, known)
}

type profile struct {
	name   string
	file   string
	values map[string]string
}

func (p profile) source() source {
	return source{name: fmt.Sprintf("profile %q in %s", p.name, p.file), values: p.values}
}

// activeProfile is the one that the override, PREFECT_PROFILE or the file names.
func activeProfile(env map[string]string, workdir, override string) (profile, error) {
	file := profilesPath(env, workdir)
	table, err := readTOML(file, bounded.ReadFile)
	if err != nil {
		return profile{}, err
	}
	profiles, _ := table["profiles"].(map[string]any)
	fromFile, _ := table["active"].(string)
	name := cmp.Or(override, env[settingProfile], fromFile, defaultProfile)
	p := profile{name: name, file: file, values: map[string]string{}}
	own, inFile := profiles[name].(map[string]any)
	builtin, isBuiltin := builtinProfiles[name]
	if !inFile && !isBuiltin {
		origin := cmp.Or(originIf(override, "the command line"), originIf(env[settingProfile], settingProfile),
			"the file's \"active\"")
		return profile{}, &UnknownProfileError{name, origin, file, slices.Sorted(maps.Keys(profiles))}
	}
	maps.Copy(p.values, builtin)
	for key, value := range own {
		p.values[strings.ToUpper(key)] = settingText(value)
	}
	return p, nil
}

func originIf(name, origin string) string {
	if name == "" {
		return ""
	}
	return origin
}

// profilesPath follows prefect/settings/sources.py, _get_profiles_path, except for files of the
// working directory, which cannot name the file that keys are read from.
func profilesPath(env map[string]string, workdir string) string {
	home := prefectHome(env)
	path := env[settingProfiles]
	if path == "" {
		return filepath.Join(home, "profiles.toml")
	}
	path = strings.NewReplacer("${"+settingHome+"}", home, "$"+settingHome, home).Replace(path)
	path = expandUser(path, env)
	if !filepath.IsAbs(path) {
		path = filepath.Join(workdir, path)
	}
	return path
}
