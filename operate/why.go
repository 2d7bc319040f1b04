package operate

import (
	"context"
	"slices"
	"strings"
)

// firstCause is what a status puts first of all that keeps flow runs from running, but for
// what others have told; nil when there is no such thing. Nobody is asked without options.
func firstCause(ctx context.Context, o *Options, told ...About) (*Problem, *Status, error) {
	if o == nil {
		return nil, nil, nil
	}
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookingTime)
	defer cancel()
	status, err := ReadStatus(looking, *o)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range status.Problems {
		if p.Severity == Fail && !slices.Contains(told, p.About) {
			return &p, status, nil
		}
	}
	return nil, status, nil
}

// mend is all that mends a problem, in one text, the best first.
func (p Problem) mend() string {
	ways := make([]string, len(p.Mend))
	for i, way := range p.Mend {
		ways[i] = strings.TrimPrefix(way, "or ") // some begin with it
	}
	return strings.Join(ways, "; or ")
}
