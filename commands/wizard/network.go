package wizard

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/internal/awserr"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

func vpcStep() step {
	return step{title: "VPC", given: func(w *wizard) bool {
		return w.spec.Network.VPC != "" ||
			len(w.spec.Network.Subnets) > 0
	}, ask: askVPC}
}

func askVPC(ctx context.Context, w *wizard) (string, error) {
	vpcs, err := look(ctx, w, "the VPCs", func(ctx context.Context) ([]provision.VPCChoice, error) {
		return provision.VPCs(ctx, w.connection.Clients)
	})
	id := prompt.Question{
		Title: "Id of the VPC", Help: "The network in which the worker and the flow runs get their addresses.",
		Default: inputs.UnlessZero(w.spec.Network.VPC, w.spec.Network.VPC),
		Check:   matches(regexp.MustCompile(`^vpc-[0-9a-f]+$`), "an id looks like vpc-0a1b2c3d4e5f60718"),
	}
	var value string
	switch {
	case awserr.Denied(err):
		id.Help = denied("the VPCs") + id.Help
		value, err = w.ask(ctx, id)
	case err == nil && len(vpcs) == 0:
		err = errors.New("there is no VPC in this region: create one, with subnets that have a way out")
	case err == nil:
		value, err = w.ask(ctx, vpcList(vpcs, w.spec.Network.VPC))
	}
	if err != nil {
		return "", err
	}
	w.takeVPC(value, vpcs)
	return describeVPC(value, vpcs), nil
}

// takeVPC sets the VPC, unless it is the one that is taken anyway. What was answered
// about another VPC is no answer any more.
func (w *wizard) takeVPC(id string, vpcs []provision.VPCChoice) {
	if slices.ContainsFunc(vpcs, func(v provision.VPCChoice) bool { return v.ID == id && v.Default }) {
		id = ""
	}
	if id != w.spec.Network.VPC {
		w.spec.Network.Subnets = w.opts.Spec.Network.Subnets
		w.spec.Network.SecurityGroups = w.opts.Spec.Network.SecurityGroups
	}
	w.spec.Network.VPC = id
}

func vpcList(vpcs []provision.VPCChoice, current string) prompt.Question {
	q := prompt.Question{Title: "VPC", Help: "The network in which the worker and the flow runs get their addresses.",
		Default: []string{vpcs[0].ID}}
	for _, v := range vpcs {
		q.Options = append(q.Options, prompt.Option{Label: VPCLabel(v), Value: v.ID})
		if v.ID == current {
			q.Default = []string{current}
		}
	}
	return q
}

// VPCLabel returns a VPC as the wizard lists it: name, id, CIDR block and whether it is the
// default.
func VPCLabel(v provision.VPCChoice) string {
	words := []string{v.ID, v.CIDR}
	if v.Name != "" {
		words = append([]string{v.Name}, words...)
	}
	if v.Default {
		words = append(words, "(default)")
	}
	return strings.Join(words, "  ")
}

func describeVPC(id string, vpcs []provision.VPCChoice) string {
	for _, v := range vpcs {
		if v.ID == id {
			return VPCLabel(v)
		}
	}
	return id
}

func subnetsStep() step {
	return step{title: "Subnets", given: func(w *wizard) bool { return len(w.spec.Network.Subnets) > 0 },
		ask: askSubnets}
}

func askSubnets(ctx context.Context, w *wizard) (string, error) {
	choices, err := look(ctx, w, "the subnets", func(ctx context.Context) (provision.SubnetChoices, error) {
		vpc, err := provision.VPCOf(ctx, w.connection.Clients, spec.Network{VPC: w.spec.Network.VPC})
		if err != nil {
			return provision.SubnetChoices{}, err
		}
		return provision.Subnets(ctx, w.connection.Clients, vpc)
	})
	if awserr.Denied(err) {
		return w.askSubnetIDs(ctx)
	}
	if err != nil {
		return "", err
	}
	if len(choices.Subnets) == 0 {
		return "", errors.New(choices.Reason)
	}
	chosen := chosenSubnets(choices)
	ids, err := w.askMany(ctx, subnetList(choices, orElse(w.spec.Network.Subnets, chosen)))
	if err != nil {
		return "", err
	}
	slices.Sort(ids)
	w.spec.Network.Subnets = ids
	if slices.Equal(ids, chosen) {
		w.spec.Network.Subnets = nil // what is taken anyway, also when a subnet is added
		kind, _, _ := strings.Cut(choices.Reason, ":")
		return fmt.Sprintf("%d, %s", len(ids), kind), nil
	}
	return strings.Join(ids, ", "), nil
}

func orElse(values, others []string) []string {
	if len(values) > 0 {
		return values
	}
	return others
}

func chosenSubnets(choices provision.SubnetChoices) []string {
	var ids []string
	for _, s := range choices.Subnets {
		if s.Chosen {
			ids = append(ids, s.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func subnetList(choices provision.SubnetChoices, selected []string) prompt.Question {
	q := prompt.Question{Title: "Subnets", Help: "Chosen for you: " + choices.Reason + ".", Many: true,
		Default: selected}
	if len(chosenSubnets(choices)) == 0 {
		q.Help = choices.Reason + "."
	}
	zone := map[string]string{}
	for _, s := range choices.Subnets {
		zone[s.ID] = s.Zone
		words := []string{s.Zone, s.Way, fmt.Sprintf("%d free", s.Free), s.ID}
		if s.Name != "" {
			words = append(words, s.Name)
		}
		q.Options = append(q.Options, prompt.Option{Label: strings.Join(words, "  "), Value: s.ID})
	}
	q.Check = func(ids []string) error {
		used, all := map[string]bool{}, map[string]bool{}
		for id, z := range zone {
			all[z] = true
			used[z] = used[z] || slices.Contains(ids, id)
		}
		if len(ids) > 1 && len(all) > 1 && countTrue(used) == 1 {
			return errors.New("these are all in one zone: choose one of another zone as well, or a single one")
		}
		return nil
	}
	return q
}

func countTrue(set map[string]bool) (n int) {
	for _, in := range set {
		if in {
			n++
		}
	}
	return n
}

// askSubnetIDs is for those who may not list subnets.
func (w *wizard) askSubnetIDs(ctx context.Context) (string, error) {
	text, err := w.ask(ctx, prompt.Question{
		Title: "Ids of the subnets", Help: denied("the subnets") + "Separate several with commas.",
		Default: inputs.UnlessZero(len(w.spec.Network.Subnets), strings.Join(w.spec.Network.Subnets, ",")),
		Check: matches(regexp.MustCompile(`^subnet-[0-9a-f]+([ ,]+subnet-[0-9a-f]+)*$`),
			"an id looks like subnet-0a1b2c3d4e5f60718"),
	})
	if err != nil {
		return "", err
	}
	w.spec.Network.Subnets = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	return text, nil
}

func securityGroupStep() step {
	return step{title: "Security group", given: func(w *wizard) bool { return len(w.spec.Network.SecurityGroups) > 0 },
		ask: askSecurityGroup}
}

const newGroup = "\x00new"

func askSecurityGroup(ctx context.Context, w *wizard) (string, error) {
	groups, err := look(ctx, w, "the security groups",
		func(ctx context.Context) ([]provision.SecurityGroupChoice, error) {
			vpc, err := provision.VPCOf(ctx, w.connection.Clients, w.spec.Network)
			if err != nil {
				return nil, err
			}
			return provision.SecurityGroups(ctx, w.connection.Clients, vpc)
		})
	own := w.specWithDefaults().Names.SecurityGroup
	q := prompt.Question{
		Title: "Security group", Help: "What may reach the tasks, and what they may reach.",
		Options: []prompt.Option{{Label: own + "  ecsctl's own: everything out, nothing in", Value: newGroup}},
		Default: []string{newGroup},
	}
	if awserr.Denied(err) {
		q.Help, err = denied("the security groups")+q.Help, nil
	}
	if err != nil {
		return "", err
	}
	for _, g := range groups {
		if g.Name == own {
			continue // it is the first option
		}
		q.Options = append(q.Options, prompt.Option{Label: g.Name + "  " + g.ID + "  " + g.Description, Value: g.ID})
		if slices.Contains(w.spec.Network.SecurityGroups, g.ID) {
			q.Default = []string{g.ID}
		}
	}
	q.Options = append(q.Options, prompt.Option{Label: "another one, by its id", Value: otherValue})
	id, err := w.choose(ctx, choice{Question: q, Other: prompt.Question{
		Title: "Id of the security group", Check: matches(regexp.MustCompile(`^sg-[0-9a-f]+$`),
			"an id looks like sg-0a1b2c3d4e5f60718"),
	}})
	if err != nil {
		return "", err
	}
	w.spec.Network.SecurityGroups = nil
	if id == newGroup {
		return own, nil
	}
	w.spec.Network.SecurityGroups = []string{id}
	return id, nil
}
