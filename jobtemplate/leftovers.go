package jobtemplate

import (
	"fmt"
	"strings"

	"ecsctl/internal/closest"
)

// leftover is a job variable that the template neither declares nor uses. Pools change
// their templates, and deployments move between pools of different types, so old
// variables stay behind; the official worker ignores them.
type leftover struct{ name, near string }

// maxNameShown is more than any real variable's name has.
const maxNameShown = 100

func (l leftover) String() string {
	name := cutText(l.name, maxNameShown)
	if l.near == "" {
		return name
	}
	return fmt.Sprintf("%s (did you mean %q?)", name, l.near)
}

// leftovers are the job variables that nothing takes up, in the order of their names.
func (t template) leftovers(variables map[string]any) []leftover {
	known := map[string]bool{"env": true}
	for name := range t.properties {
		known[name] = true
	}
	for name := range placeholders(t.configuration, jobVariable) {
		known[pathKeys(name)[0]] = true
	}
	var out []leftover
	names := sortedKeys(known)
	for _, name := range sortedKeys(variables) {
		root := pathKeys(name)[0]
		if known[root] {
			continue
		}
		if len(out) == maxProblems {
			break // nobody reads more of them, and looking for what was meant takes time
		}
		near, _ := closest.Of(root, names)
		out = append(out, leftover{name, near})
	}
	return out
}

// noteLeftovers is one warning, or one problem for each when the caller is strict.
func noteLeftovers(found *findings, list []leftover, strict bool) {
	names := make([]string, len(list))
	for i, l := range list {
		names[i] = l.String()
		if !strict {
			continue
		}
		hint := "take it out, or declare it in the pool's base job template"
		if l.near != "" {
			hint = fmt.Sprintf("did you mean %q?", l.near)
		}
		found.add("job_variables."+l.name, hint, "the work pool's template has no variable %q", pathKeys(l.name)[0])
	}
	if len(list) > 0 && !strict {
		found.warn("the work pool's template has no such variables, so they are not used: %s",
			strings.Join(names, ", "))
	}
}
