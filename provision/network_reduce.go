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

// withRoom leaves out subnets in which no address is free, unless all are full.
func (n chosenNetwork) withRoom(will []subnet) chosenNetwork {
	var roomy []subnet
	for _, s := range will {
		if s.full {
			n.full = append(n.full, s)
		} else {
			roomy = append(roomy, s)
		}
	}
	if len(roomy) == 0 {
		roomy, n.full = will, nil
	}
	return n.atMost(roomy)
}

// warn tells what is wrong with the subnets that were chosen, and with those that were not.
func (f *networkFinder) warn() {
	n := &f.chosen
	for _, s := range n.subnets {
		for _, trouble := range s.troubles() {
			n.warnings = append(n.warnings, "subnet "+s.id+": "+trouble)
		}
	}
	for _, s := range n.full {
		n.warnings = append(n.warnings, "subnet "+s.id+" is left out: it has no free addresses")
	}
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
	n.full = slices.DeleteFunc(n.full, func(s subnet) bool {
		switch {
		case !slices.Contains(have, s.id), len(n.subnets) == spec.MaxSubnets && len(n.will) == 0:
			return false
		case len(n.will) > 0:
			n.will = append(n.will, s)
		default:
			n.subnets = append(n.subnets, s)
		}
		return true
	})
	if len(n.will) > 0 {
		n.keepOfMany(have)
	}
	f.warn()
}

// keepOfMany is for more subnets than ECS takes.
func (n *chosenNetwork) keepOfMany(have []string) {
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
