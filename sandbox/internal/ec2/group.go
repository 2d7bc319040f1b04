package ec2

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

type securityGroup struct {
	GroupID     string
	GroupName   string
	Description string
	VpcID       string
	rules       []*rule
	tagged
}

func (g *securityGroup) id() string { return g.GroupID }

// groupXML is a group as it is described: its rules bundled by protocol and ports.
type groupXML struct {
	OwnerID           string                  `xml:"ownerId"`
	GroupID           string                  `xml:"groupId"`
	GroupName         string                  `xml:"groupName"`
	GroupDescription  string                  `xml:"groupDescription"`
	VpcID             string                  `xml:"vpcId"`
	SecurityGroupArn  string                  `xml:"securityGroupArn"`
	Permissions       wire.Items[*permission] `xml:"ipPermissions"`
	PermissionsEgress wire.Items[*permission] `xml:"ipPermissionsEgress"`
	tagged
}

var groupFilters = filters[*securityGroup]{
	"group-id":    func(g *securityGroup) []string { return one(g.GroupID) },
	"group-name":  func(g *securityGroup) []string { return one(g.GroupName) },
	"description": func(g *securityGroup) []string { return one(g.Description) },
	"vpc-id":      func(g *securityGroup) []string { return one(g.VpcID) },

	"ip-permission.group-id":        func(g *securityGroup) []string { return g.named(false) },
	"egress.ip-permission.group-id": func(g *securityGroup) []string { return g.named(true) },
}

// named are the groups that rules of this one name.
func (g *securityGroup) named(egress bool) []string {
	var out []string
	for _, r := range g.rules {
		if r.IsEgress == egress && r.Referenced != nil {
			out = append(out, r.Referenced.GroupID)
		}
	}
	return out
}

func (s *Service) handleGroups() {
	wire.HandleQuery(s.Query, "DescribeSecurityGroups", s.describeGroups)
	wire.HandleQuery(s.Query, "CreateSecurityGroup", s.createGroup)
	wire.HandleQuery(s.Query, "DeleteSecurityGroup", s.deleteGroup)
}

type describeGroupsInput struct {
	IDs   []string `query:"GroupId"`
	Names []string `query:"GroupName"`
	describe
}

type describeGroupsAnswer struct {
	Groups    wire.Items[groupXML] `xml:"securityGroupInfo"`
	NextToken *string              `xml:"nextToken,omitempty"`
}

func (s *Service) describeGroups(_ context.Context, in *describeGroupsInput) (*describeGroupsAnswer, error) {
	for _, name := range in.Names { // only of the default VPC, as EC2 documents
		i := slices.IndexFunc(s.groups, func(g *securityGroup) bool {
			return g.GroupName == name && s.isDefault(g.VpcID)
		})
		if i < 0 {
			return nil, notFound("sg", name)
		}
		in.IDs = append(in.IDs, s.groups[i].GroupID)
	}
	found, next, err := groupFilters.find(s.seenGroups(), "sg", in.IDs, in.describe)
	if err != nil {
		return nil, err
	}
	out := &describeGroupsAnswer{NextToken: next}
	for _, g := range found {
		out.Groups.Item = append(out.Groups.Item, s.describeGroup(g))
	}
	return out, nil
}

// seenGroups are all but those that are too new.
func (s *Service) seenGroups() []*securityGroup {
	return slices.DeleteFunc(slices.Clone(s.groups), func(g *securityGroup) bool { return s.lag.Behind(g.GroupID) })
}

func (s *Service) isDefault(vpcID string) bool {
	v, err := find(s.vpcs, "vpc", vpcID)
	return err == nil && v.IsDefault
}

func (s *Service) describeGroup(g *securityGroup) groupXML {
	out := groupXML{
		OwnerID: s.account, GroupID: g.GroupID, GroupName: g.GroupName, GroupDescription: g.Description,
		VpcID: g.VpcID, SecurityGroupArn: s.arn("security-group/" + g.GroupID), tagged: g.tagged,
	}
	out.Permissions.Item = bundle(g.rules, false)
	out.PermissionsEgress.Item = bundle(g.rules, true)
	return out
}

type createGroupInput struct {
	GroupName   string `query:"GroupName,required"`
	Description string `query:"GroupDescription,required"`
	VpcID       string `query:"VpcId"`
	tagSpecs
}

type createGroupAnswer struct {
	Return  bool   `xml:"return"`
	GroupID string `xml:"groupId"`
	Arn     string `xml:"securityGroupArn"`
	tagged
}

var groupText = regexp.MustCompile(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]+$`)

// isGroupText is apart from the syntax because {1,255} takes a millisecond to compile, at each start of ecsctl.
func isGroupText(s string) bool { return len(s) <= 255 && groupText.MatchString(s) }

func (s *Service) createGroup(_ context.Context, in *createGroupInput) (*createGroupAnswer, error) {
	if err := checkGroupText(in); err != nil {
		return nil, err
	}
	if in.VpcID == "" {
		i := slices.IndexFunc(s.vpcs, func(v *vpc) bool { return v.IsDefault })
		if i < 0 {
			return nil, wire.Errorf("VPCIdNotSpecified", "No default VPC for this user")
		}
		in.VpcID = s.vpcs[i].VpcID
	}
	if _, err := find(s.vpcs, "vpc", in.VpcID); err != nil {
		return nil, err
	}
	for _, g := range s.groups {
		if g.VpcID == in.VpcID && g.GroupName == in.GroupName {
			return nil, wire.Errorf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'",
				in.GroupName, in.VpcID)
		}
	}
	tags, err := specified(in.TagSpecifications, "security-group")
	if err != nil {
		return nil, err
	}
	g := s.addGroup(in.GroupName, in.Description, in.VpcID, tags)
	s.lag.Changed(g.GroupID)
	return &createGroupAnswer{true, g.GroupID, s.arn("security-group/" + g.GroupID), g.tagged}, nil
}

func checkGroupText(in *createGroupInput) error {
	switch {
	case strings.HasPrefix(in.GroupName, "sg-"):
		return wire.Errorf("InvalidParameterValue",
			"Invalid security group name. Group names may not be in the format sg-*")
	case !isGroupText(in.GroupName):
		return wire.Errorf("InvalidParameterValue",
			"Value (%s) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.",
			in.GroupName)
	case !isGroupText(in.Description):
		return wire.Errorf("InvalidParameterValue",
			"Value (%s) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.",
			in.Description)
	}
	return nil
}

// addGroup makes a group that lets everything out, as every new group does.
func (s *Service) addGroup(name, description, vpcID string, tags []tag) *securityGroup {
	g := &securityGroup{GroupID: newID("sg"), GroupName: name, Description: description, VpcID: vpcID,
		tagged: tagsOf(tags)}
	s.groups = append(s.groups, g)
	s.addRule(g, &rule{IsEgress: true, IPProtocol: "-1", FromPort: -1, ToPort: -1, CidrIPv4: "0.0.0.0/0"})
	return g
}

type groupRefInput struct {
	GroupID   string `query:"GroupId"`
	GroupName string
}

func (s *Service) refer(in groupRefInput) (*securityGroup, error) {
	if in.GroupID != "" {
		return find(s.groups, "sg", in.GroupID)
	}
	if in.GroupName == "" {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter groupName or groupId")
	}
	i := slices.IndexFunc(s.groups, func(g *securityGroup) bool {
		return g.GroupName == in.GroupName &&
			s.isDefault(g.VpcID)
	})
	if i < 0 {
		return nil, notFound("sg", in.GroupName)
	}
	return s.groups[i], nil
}

type deleteGroupAnswer struct {
	Return  bool   `xml:"return"`
	GroupID string `xml:"groupId"`
}

func (s *Service) deleteGroup(_ context.Context, in *groupRefInput) (*deleteGroupAnswer, error) {
	g, err := s.refer(*in)
	if err != nil {
		return nil, err
	}
	if g.GroupName == "default" {
		return nil, wire.Errorf("CannotDelete", `the specified group: "%s" name: "default" cannot be deleted by a user`,
			g.GroupID)
	}
	if s.groupInUse(g) {
		return nil, wire.Errorf("DependencyViolation", "resource %s has a dependent object", g.GroupID)
	}
	s.groups = without(s.groups, g)
	return &deleteGroupAnswer{true, g.GroupID}, nil
}

// groupInUse: an interface is in the group, or a rule of another group names it.
func (s *Service) groupInUse(g *securityGroup) bool {
	if slices.ContainsFunc(s.interfaces, func(i *networkInterface) bool {
		return slices.Contains(i.groupIDs(), g.GroupID)
	}) {
		return true
	}
	return slices.ContainsFunc(s.allRules(), func(r *rule) bool {
		return r.GroupID != g.GroupID && r.Referenced != nil && r.Referenced.GroupID == g.GroupID
	})
}
