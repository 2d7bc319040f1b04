package provision

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ecsctl/internal/hint"
)

// chosenNetwork is where the service and the flow runs get their addresses.
type chosenNetwork struct {
	vpc      string
	subnets  []subnet
	will     []subnet // all that will do, where they are more than ECS takes
	full     []subnet // those that would do and are left out, since no address is free
	publicIP bool
	warnings []string
}

func (n chosenNetwork) subnetIDs() []string {
	ids := make([]string, len(n.subnets))
	for i, s := range n.subnets {
		ids[i] = s.id
	}
	slices.Sort(ids)
	return ids
}

// subnet is a subnet and how traffic leaves it.
type subnet struct {
	id, vpc, zone string
	name          string // its Name tag
	free          int    // addresses that are free
	full          bool   // none is free
	misfit        misfit
	out           exit
}

// chooseSubnets picks, of all subnets of a VPC, those with a way out: private ones
// with NAT first, else public ones with a public IP, in two zones at least where
// there are two.
func chooseSubnets(vpc string, all []subnet) (chosenNetwork, error) {
	var private, doubtful, public []subnet
	for _, s := range all {
		switch {
		case s.misfit.why != "":
		case s.out.kind == exitPrivate && s.out.doubt != "":
			doubtful = append(doubtful, s)
		case s.out.kind == exitPrivate:
			private = append(private, s)
		case s.out.kind == exitPublic:
			public = append(public, s)
		}
	}
	if len(private) == 0 {
		private = doubtful
	}
	switch {
	case len(private) > 0 && (zones(private) > 1 || zones(public) < 2):
		return chosenNetwork{vpc: vpc}.withRoom(private), nil
	case len(public) > 0:
		return chosenNetwork{vpc: vpc, publicIP: true}.withRoom(public), nil
	}
	return chosenNetwork{}, noWayOut(vpc, all)
}

func noWayOut(vpc string, all []subnet) error {
	if len(all) == 0 {
		return hint.Add(fmt.Errorf("VPC %q has no subnets", vpc),
			"create subnets with a route to a NAT or internet gateway, or name another VPC with --vpc")
	}
	reasons := make([]string, len(all))
	for i, s := range all {
		reasons[i] = s.id + " (" + s.zone + "): " + cmp.Or(s.misfit.why, s.out.why)
	}
	slices.Sort(reasons)
	return hint.Add(fmt.Errorf("VPC %q has no subnet with a way out to pull images and reach Prefect: %s", vpc,
		strings.Join(reasons, "; ")),
		"add a route 0.0.0.0/0 to a NAT gateway (private) or an internet gateway (public)",
		"or name subnets with --subnet: they are used as is, for example with VPC endpoints")
}

func zones(subnets []subnet) int {
	seen := map[string]bool{}
	for _, s := range subnets {
		seen[s.zone] = true
	}
	return len(seen)
}

// takeSubnets uses the subnets that the user named, with warnings where something
// looks wrong. Several subnets in a single zone are refused: it is hardly ever meant.
func takeSubnets(vpc string, named, all []subnet) (chosenNetwork, error) {
	n := chosenNetwork{vpc: vpc, subnets: named}
	for _, s := range named {
		if s.vpc != vpc {
			return n, hint.Add(fmt.Errorf("subnet %q is not in VPC %q but in %q", s.id, vpc, s.vpc),
				"name subnets of one VPC, or that VPC with --vpc")
		}
		if s.misfit.never {
			return n, hint.Add(fmt.Errorf("no task starts in subnet %q: %s", s.id, s.misfit.why),
				"name another one with --subnet", "of one that is pending, run again in a minute")
		}
		switch s.out.kind {
		case exitNone:
			n.warnings = append(n.warnings, fmt.Sprintf("subnet %s has no way out (%s): tasks there reach Prefect "+
				"and the image registry only through VPC endpoints", s.id, s.out.why))
		case exitPublic:
			n.publicIP = true
		}
	}
	if zones(named) > 1 {
		return n, nil
	}
	if len(named) > 1 && zones(all) > 1 {
		return n, hint.Add(fmt.Errorf("subnets %s are all in the zone %s", strings.Join(n.subnetIDs(), ", "),
			named[0].zone),
			"name one of another zone as well, so that the worker survives the loss of a zone: "+
				strings.Join(otherZones(named[0].zone, all), ", "),
			"or name only one subnet if a single zone is meant")
	}
	n.warnings = append(n.warnings, fmt.Sprintf("all tasks will be in one zone, %s", named[0].zone))
	return n, nil
}

func otherZones(zone string, all []subnet) []string {
	var out []string
	for _, s := range all {
		if s.zone != zone {
			out = append(out, s.id+" ("+s.zone+")")
		}
	}
	slices.Sort(out)
	return out
}
