// Package closest finds the name that a misspelled one most likely stands for.
package closest

import "strings"

// maxMisspelled is longer than any name that someone has only misspelled.
const maxMisspelled = 100

// Of returns the candidate that a misspelled name most likely stands for: the
// one with the fewest edits, when those are few for its length.
func Of(name string, candidates []string) (string, bool) {
	if len(name) > maxMisspelled {
		return "", false
	}
	best, fewest := "", min(1+max(len(name)/3, 2), len(name))
	for _, candidate := range candidates {
		if edits := distance(fold(name), fold(candidate)); edits < fewest {
			best, fewest = candidate, edits
		}
	}
	return best, best != ""
}

// fold makes snake_case, kebab-case and camelCase the same.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
