package provision

import (
	"cmp"
	"fmt"
	"slices"

	"ecsctl/provision/spec"
)

// atMost takes of the subnets that will do as many as ECS takes: spread over the zones, in
// each those with the most free addresses first.
func (n chosenNetwork) atMost(will []subnet) chosenNetwork {
	n.subnets = will
	if len(will) <= spec.MaxSubnets {
		return n
	}
	n.will, n.subnets = will, spread(will, spec.MaxSubnets)
	return n
}

// spread takes so many subnets, one of each zone in turn.
func spread(all []subnet, count int) []subnet {
	byZone := map[string][]subnet{}
	for _, s := range all {
		byZone[s.zone] = append(byZone[s.zone], s)
	}
	var turns [][]subnet
	for _, inZone := range byZone {
		slices.SortFunc(inZone, func(a, b subnet) int { return cmp.Or(b.free-a.free, cmp.Compare(a.id, b.id)) })
		for i, s := range inZone {
			if i == len(turns) {
				turns = append(turns, nil)
			}
			turns[i] = append(turns[i], s)
		}
	}
	var out []subnet
	for _, turn := range turns {
		slices.SortFunc(turn, func(a, b subnet) int { return cmp.Or(b.free-a.free, cmp.Compare(a.id, b.id)) })
		out = append(out, turn...)
	}
	return out[:count]
}

// keep stays with the subnets that the service has, if each of them will do: how many
// addresses are free changes all the time, and is no reason to start all tasks anew.
func (f *networkFinder) keep(have []string) {
	n := &f.chosen
	if len(n.will) == 0 {
		return
	}
	var kept []subnet
	for _, s := range n.will {
		if slices.Contains(have, s.id) {
			kept = append(kept, s)
		}
	}
	if len(kept) == spec.MaxSubnets && len(have) == len(kept) && zones(kept) == zones(n.subnets) {
		n.subnets = kept
	}
	n.warnings = append(n.warnings, fmt.Sprintf("VPC %s has %d suitable subnets, and ECS accepts %d: those with "+
		"the most free addresses, spread over the zones, are used; "+
		"name others with --subnet", n.vpc, len(n.will), len(n.subnets)))
}
