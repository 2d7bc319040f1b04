// Package poolplace reads where a work pool was set up, in which AWS account and region, and
// keeps others from being taken for it. A pool's name is the same everywhere: without this a
// teardown of a region in which nothing is would delete the pool of another.
package poolplace

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"ecsctl/internal/hint"
)

// Marker is the key of bootstrap's marker in the variables schema of a base job template.
const Marker = "x-ecsctl"

// Place is an AWS account and region; what is not known of it is "".
type Place struct{ Account, Region string }

// template is as much of a base job template as tells its place.
type template struct {
	Variables struct {
		Marker *struct {
			Account  string `json:"account"`
			Region   string `json:"region"`
			Created  bool   `json:"created"`
			Defaults map[string]struct {
				Set json.RawMessage `json:"set"`
			} `json:"defaults"`
		} `json:"x-ecsctl"`
		Properties map[string]json.RawMessage `json:"properties"`
	} `json:"variables"`
}

// Of is where the bootstrap of a pool was: as its marker says or, in a marker from before
// accounts were remembered, the ARNs that bootstrap set. A pool that bootstrap has not
// touched has no place.
func Of(baseJobTemplate json.RawMessage) (Place, error) {
	if len(baseJobTemplate) == 0 {
		return Place{}, nil
	}
	var t template
	if err := json.Unmarshal(baseJobTemplate, &t); err != nil {
		return Place{}, fmt.Errorf("failed to read %s in the base job template: %w", Marker, err)
	}
	marker := t.Variables.Marker
	if marker == nil {
		return Place{}, nil
	}
	out := Place{marker.Account, marker.Region}
	for _, variable := range telling {
		set := marker.Defaults[variable].Set
		if marker.Created {
			var property struct{ Default json.RawMessage }
			_ = json.Unmarshal(t.Variables.Properties[variable], &property) // what is no variable has no default
			set = property.Default
		}
		var text string
		_ = json.Unmarshal(set, &text) // what is no text names no place
		if named, err := arn.Parse(text); err == nil {
			out.Account = cmp.Or(out.Account, named.AccountID)
		}
	}
	return out, nil
}

// telling are the variables with something that ECS takes from the pool's own account alone.
// A secret may be another's.
var telling = []string{"execution_role_arn", "task_role_arn", "cluster"}

// ElsewhereError is that a pool was set up in another place than the one at hand.
type ElsewhereError struct {
	Pool     string
	Was, Is  Place
	of, here []string
}

func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("work pool %q was set up in %s, and this is %s", e.Pool, strings.Join(e.of, ", "),
		strings.Join(e.here, ", "))
}

// Check refuses to take another place for the pool's.
func (p Place) Check(pool string, here Place) error {
	e := &ElsewhereError{Pool: pool, Was: p, Is: here}
	var ways []string
	differs := func(what, was, is, way string) {
		if was != "" && is != "" && was != is {
			e.of, e.here, ways = append(e.of, what+" "+was), append(e.here, is), append(ways, way)
		}
	}
	differs("AWS account", p.Account, here.Account, "use credentials of account "+p.Account+", as with --profile")
	differs("region", p.Region, here.Region, "pass --region "+p.Region)
	if len(ways) == 0 {
		return nil
	}
	return hint.Add(e, ways...)
}
