package provision

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// manySubnets are eight in each of two zones and four in a third, all private; the later
// ones of a zone have more free addresses.
func manySubnets() []subnet {
	var out []subnet
	for zone, count := range map[string]int{"a": 8, "b": 8, "c": 4} {
		for i := range count {
			out = append(out, subnet{
				id: fmt.Sprintf("subnet-%s%d", zone, i), vpc: "vpc-1", zone: "eu-west-1" + zone, free: 10 + i,
				out: exit{kind: exitPrivate},
			})
		}
	}
	return out
}

// ECS takes 16: all of the small zone, and of the others those with the most free addresses.
func TestManySubnets(t *testing.T) {
	t.Parallel()
	n, err := chooseSubnets("vpc-1", manySubnets())
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields("subnet-a2 subnet-a3 subnet-a4 subnet-a5 subnet-a6 subnet-a7 subnet-b2 subnet-b3 " +
		"subnet-b4 subnet-b5 subnet-b6 subnet-b7 " +
		"subnet-c0 subnet-c1 subnet-c2 subnet-c3")
	if diff := cmp.Diff(want, n.subnetIDs()); diff != "" {
		t.Error(diff)
	}
}

// What a service has is kept while it will do, whatever has the most free addresses now.
func TestManySubnetsAreKept(t *testing.T) {
	t.Parallel()
	n, err := chooseSubnets("vpc-1", manySubnets())
	if err != nil {
		t.Fatal(err)
	}
	first := strings.Fields("subnet-a0 subnet-a1 subnet-a2 subnet-a3 subnet-a4 subnet-a5 subnet-b0 subnet-b1 " +
		"subnet-b2 subnet-b3 subnet-b4 subnet-b5 " +
		"subnet-c0 subnet-c1 subnet-c2 subnet-c3")
	for name, test := range map[string]struct{ have, want []string }{
		"16 that will do":   {first, first},
		"one that is gone":  {append(strings.Fields("subnet-gone"), first[1:]...), n.subnetIDs()},
		"no service yet":    {nil, n.subnetIDs()},
		"fewer than it may": {first[:3], n.subnetIDs()},
	} {
		f := &networkFinder{chosen: n}
		f.keep(test.have)
		if diff := cmp.Diff(test.want, f.found().subnetIDs()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(f.found().warnings) != 1 {
			t.Errorf("%s: warnings %q", name, f.found().warnings)
		}
	}
}

// A service stays in a subnet that its own tasks have filled.
func TestFullSubnetsAreKept(t *testing.T) {
	t.Parallel()
	full, roomy := privateA, privateB
	full.full = true
	for name, test := range map[string]struct{ have, want []string }{
		"the service has it": {[]string{full.id, roomy.id}, []string{full.id, roomy.id}},
		"it has it not":      {[]string{roomy.id}, []string{roomy.id}},
		"no service yet":     {nil, []string{roomy.id}},
	} {
		n, err := chooseSubnets("vpc-1", []subnet{full, roomy})
		if err != nil {
			t.Fatal(err)
		}
		f := &networkFinder{chosen: n}
		f.keep(test.have)
		if diff := cmp.Diff(test.want, f.found().subnetIDs()); diff != "" || len(f.found().warnings) != 1 {
			t.Errorf("%s: %s, warnings %q", name, diff, f.found().warnings)
		}
	}
}
