package inventory

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Normal returns everything with random ids, secret suffixes and revision numbers
// replaced by names, so that two accounts, or one before and after, compare equal
// when they hold the same things. The newest active revision of a family is
// "family:newest", the one before it "family:newest-1"; one that is not active any
// more is "family:inactive".
func (s *Snapshot) Normal() Things {
	ids := s.idReplacer()
	revisions := newRevisions(s.things[TaskDefinition])
	// Twice: a name that stands for an id may hold a text that is renamed as well.
	rename := func(text string) string { return ids.Replace(ids.Replace(revisions.replace(text))) }
	out := Things{}
	for kind, things := range s.things {
		out[kind] = map[string]any{}
		for name, content := range things {
			if kind == TaskDefinition {
				name = revisions.name(name)
			}
			out[kind][rename(name)] = prune(mapStrings(withoutRevision(kind, content), rename))
		}
	}
	return out
}

func (s *Snapshot) idReplacer() *strings.Replacer {
	ids := make([]string, 0, len(s.names))
	for id := range s.names {
		ids = append(ids, id)
	}
	// A longer id first: it may begin with a shorter one.
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var pairs []string
	for _, id := range ids {
		pairs = append(pairs, id, s.names[id])
	}
	return strings.NewReplacer(pairs...)
}

func withoutRevision(kind string, content any) any {
	fields, ok := content.(map[string]any)
	if kind != TaskDefinition || !ok {
		return content
	}
	out := map[string]any{}
	for key, value := range fields {
		if key != "Revision" {
			out[key] = value
		}
	}
	return out
}

func mapStrings(node any, change func(string) string) any {
	switch node := node.(type) {
	case string:
		return change(node)
	case []any:
		out := make([]any, len(node))
		for i := range node {
			out[i] = mapStrings(node[i], change)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, child := range node {
			out[change(key)] = mapStrings(child, change)
		}
		return out
	}
	return node
}

var revisionInARN = regexp.MustCompile(`(:task-definition/)([\w-]+):(\d+)`)

// revisions knows the active revisions of each family, the newest first.
type revisions map[string][]int

func newRevisions(active map[string]any) revisions {
	out := revisions{}
	for name := range active {
		family, number, _ := strings.Cut(name, ":")
		if n, err := strconv.Atoi(number); err == nil {
			out[family] = append(out[family], n)
		}
	}
	for _, numbers := range out {
		slices.SortFunc(numbers, func(a, b int) int { return cmp.Compare(b, a) })
	}
	return out
}

func (r revisions) name(revision string) string {
	family, number, _ := strings.Cut(revision, ":")
	n, err := strconv.Atoi(number)
	if err != nil {
		return revision
	}
	switch i := slices.Index(r[family], n); i {
	case -1:
		return family + ":inactive"
	case 0:
		return family + ":newest"
	default:
		return fmt.Sprintf("%s:newest-%d", family, i)
	}
}

func (r revisions) replace(text string) string {
	return revisionInARN.ReplaceAllStringFunc(text, func(match string) string {
		parts := revisionInARN.FindStringSubmatch(match)
		return parts[1] + r.name(parts[2]+":"+parts[3])
	})
}
