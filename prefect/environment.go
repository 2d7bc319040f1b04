package prefect

import (
	"os"
	"path/filepath"
	"strings"
)

// environment turns "K=V" strings into a map; as in a process, the last of two wins.
func environment(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			env[name] = value
		}
	}
	return env
}

// prefectOnly picks the variables that are settings.
func prefectOnly(env map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range env {
		if strings.HasPrefix(name, "PREFECT_") {
			out[name] = value
		}
	}
	return out
}

// prefectHome is PREFECT_HOME or ~/.prefect.
func prefectHome(env map[string]string) string {
	if home := env[settingHome]; home != "" {
		return expandUser(home, env)
	}
	return expandUser("~/.prefect", env)
}

// expandUser replaces a leading ~ by the home directory.
func expandUser(path string, env map[string]string) string {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path
	}
	home := env["HOME"]
	if home == "" {
		home, _ = os.UserHomeDir() // without one the path stays relative, and is not found
	}
	return filepath.Join(home, path[1:])
}

// localSources are the files of the working directory, in their order of precedence
// (prefect/settings/sources.py).
func localSources(env map[string]string, workdir string) ([]source, error) {
	dotenv, err := readDotenv(filepath.Join(workdir, ".env"), env)
	if err != nil {
		return nil, err
	}
	own, err := readSettingsTOML(filepath.Join(workdir, "prefect.toml"))
	if err != nil {
		return nil, err
	}
	project, err := readSettingsTOML(filepath.Join(workdir, "pyproject.toml"), "tool", "prefect")
	if err != nil {
		return nil, err
	}
	return []source{dotenv, own, project}, nil
}
