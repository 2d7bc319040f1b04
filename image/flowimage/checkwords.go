package flowimage

import (
	"fmt"
	"strings"

	"ecsctl/internal/hint"
)

// judge says what a finding means: an error where the run would fail as well, a warning where it may.
func (b *builder) judge(f finding) (warning string, err error) {
	file, name, _ := cutEntrypoint(f.Entrypoint)
	place := file
	if f.File != "" {
		place = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	switch f.Kind {
	case "fine":
		return "", nil
	case "syntax":
		return "", fmt.Errorf("%s: syntax error: %s", place, f.Message)
	case "prefect":
		return "", hint.Add(fmt.Errorf("failed to import Prefect with the image's dependencies: %s", f.Message),
			"what it needs may have no wheel for this Python, so that an older version was taken: try another "+
				"--python and --base, "+
				"such as 3.12 for Prefect 2")
	case "module":
		return "", b.explainModule(f, place)
	case "missing":
		return "", hint.Add(fmt.Errorf("%s has no flow %q%s", file, name, because(f.Message, place)), flowsHint(file,
			f.Flows))
	case "noflow":
		return "", hint.Add(fmt.Errorf("%q in %s is no flow but a %s", name, file, f.Message), flowsHint(file, f.Flows))
	case "twins":
		return "", hint.Add(fmt.Errorf("%s has two flows of the name %q: %s and %s", file, f.Name, name,
			strings.Join(f.Flows, ", ")),
			"Prefect tells flows apart by name: give each its own, such as @flow(name=\"other\")")
	}
	return fmt.Sprintf("importing %s raised %s (%s): in the container that must not happen", f.Entrypoint, f.Message,
		place), nil
}

func because(message, place string) string {
	if message == "" {
		return ""
	}
	return fmt.Sprintf(" (importing it raised %s, %s)", message, place)
}

func flowsHint(file string, flows []string) string {
	if len(flows) == 0 {
		return "a flow is a function with @flow above it"
	}
	return fmt.Sprintf("%s has %s", file, strings.Join(flows, ", "))
}

// explainModule tells a package that is not among the dependencies from a file that was kept out.
func (b *builder) explainModule(f finding, place string) error {
	top, _, _ := strings.Cut(f.Name, ".")
	err := fmt.Errorf("%s imports %q, which is not in the image", place, f.Name)
	if b.project.has(top+".py") || b.project.has(top) || b.project.has("src/"+top) || b.project.has("src/"+top+".py") {
		return hint.Add(err,
			fmt.Sprintf("it is in the folder, but kept out or not where Python looks: see --dry-run and %s",
				IgnoreFile))
	}
	switch b.project.Kind {
	case FromLock:
		return hint.Add(err, "add the package that it is in: uv add "+top)
	case FromNothing:
		return hint.Add(err, "name the package that it is in, in a requirements.txt beside the flow")
	}
	return hint.Add(err, fmt.Sprintf("add the package that it is in to %s", b.project.describe()))
}
