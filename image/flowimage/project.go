package flowimage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"ecsctl/internal/hint"
)

// The kinds of files that say what a project depends on.
const (
	FromLock         = "uv.lock"
	FromProject      = "pyproject.toml"
	FromRequirements = "requirements.txt"
	FromScript       = "inline script metadata"
	FromNothing      = ""
)

// Project is what a folder of flows says of itself.
type Project struct {
	Dir string
	// Kind is one of the constants above, File the file that was read, relative to Dir.
	Kind, File string
	// RequiresPython is a list of version specifiers, PinnedPython a version; either may be empty.
	RequiresPython, PinnedPython string
	// SourceRoot tells that modules lie in src/.
	SourceRoot bool

	script []string // the requirements of inline script metadata
}

// ReadProject looks for the dependencies of a folder: in script, the file of a flow, when that has inline metadata
// (PEP 723), else in uv.lock, pyproject.toml or requirements.txt. requirements names a file instead.
func ReadProject(dir, script, requirements string) (*Project, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("it is no folder")
	}
	if err != nil {
		return nil, hint.Add(fmt.Errorf("failed to read the project %q: %w", dir, err),
			"name the folder that the flows are in")
	}
	p := &Project{Dir: dir}
	if err := p.readPin(); err != nil {
		return nil, err
	}
	p.SourceRoot = p.has("src") && p.has(FromProject)
	if requirements != "" {
		p.Kind, p.File = FromRequirements, requirements
		if !p.has(requirements) {
			return nil, fmt.Errorf("there is no requirements file %q in %q", requirements, dir)
		}
		return p, nil
	}
	if found, err := p.readScript(script); err != nil || found {
		return p, err
	}
	return p, p.readFiles()
}

func (p *Project) has(name string) bool {
	_, err := os.Stat(filepath.Join(p.Dir, filepath.FromSlash(name)))
	return err == nil
}

// readPin reads .python-version, as uv and pyenv write it.
func (p *Project) readPin() error {
	raw, err := os.ReadFile(filepath.Join(p.Dir, ".python-version"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("failed to read the project's Python version: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		if _, ok := minorOf(line); ok {
			p.PinnedPython = strings.TrimSpace(line)
			return nil
		}
	}
	return nil // another kind of Python, by a name that only uv knows
}

// readFiles takes the first of the files that says anything of dependencies.
func (p *Project) readFiles() error {
	declares, err := p.readPyproject()
	switch {
	case err != nil:
		return err
	case p.has(FromLock) && p.has(FromProject):
		p.Kind, p.File = FromLock, FromLock
	case declares:
		p.Kind, p.File = FromProject, FromProject
	case p.has(FromRequirements):
		p.Kind, p.File = FromRequirements, FromRequirements
	}
	return nil
}

// readPyproject reports whether pyproject.toml declares a project: one that only configures tools does not.
func (p *Project) readPyproject() (bool, error) {
	raw, err := os.ReadFile(filepath.Join(p.Dir, FromProject))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("failed to read the project: %w", err)
	}
	var content struct {
		Project *struct {
			RequiresPython string `toml:"requires-python"`
		}
		Tool struct{ Poetry map[string]any }
	}
	if err := toml.Unmarshal(raw, &content); err != nil {
		return false, fmt.Errorf("failed to read %q: %w", filepath.Join(p.Dir, FromProject), err)
	}
	if content.Project == nil && content.Tool.Poetry != nil && !p.has(FromRequirements) {
		return false, hint.Add(fmt.Errorf("%q declares its dependencies in Poetry's own way", filepath.Join(p.Dir,
			FromProject)),
			"write them down where uv reads them: poetry export -o requirements.txt")
	}
	if content.Project != nil {
		p.RequiresPython = content.Project.RequiresPython
	}
	return content.Project != nil, nil
}

// readScript reads inline script metadata: comment lines between `# /// script` and `# ///`, which are TOML.
func (p *Project) readScript(script string) (bool, error) {
	if script == "" {
		return false, nil
	}
	raw, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(script)))
	if err != nil {
		return false, fmt.Errorf("failed to read the flow: %w", err)
	}
	block, found := scriptBlock(string(raw))
	if !found {
		return false, nil
	}
	var content struct {
		RequiresPython string `toml:"requires-python"`
		Dependencies   []string
	}
	if err := toml.Unmarshal([]byte(block), &content); err != nil {
		return false, fmt.Errorf("failed to read the inline script metadata of %q: %w", script, err)
	}
	p.Kind, p.File, p.script, p.RequiresPython = FromScript, script, content.Dependencies, content.RequiresPython
	return true, nil
}

func scriptBlock(source string) (string, bool) {
	var block strings.Builder
	inside := false
	for line := range strings.Lines(source) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case !inside:
			inside = line == "# /// script"
		case line == "# ///":
			return block.String(), true
		case strings.HasPrefix(line, "#"):
			block.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "#"), " ") + "\n")
		default:
			return "", false
		}
	}
	return "", false
}
