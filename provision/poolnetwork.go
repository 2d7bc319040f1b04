package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ecsctl/internal/awserr"
	"ecsctl/provision/spec"
)

// poolNetwork is the network configuration of a pool: ECS's awsvpcConfiguration.
type poolNetwork struct {
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups"`
	AssignPublicIP string   `json:"assignPublicIp"`
}

// judgeNetwork keeps the pool's own network where tasks can start in it.
func (p *workPool) judgeNetwork(ctx context.Context) error {
	raw := p.theirs(networkVariable)
	if raw == nil || !p.used[networkVariable] || string(raw) == "{}" || p.names(networkVariable) {
		return nil
	}
	vpc := p.theirText(vpcVariable)
	if p.w.recalled {
		p.keepNetwork(vpc)
		return nil
	}
	network, why := readPoolNetwork(raw)
	if why == "" {
		var err error
		if vpc, why, err = p.w.checkPoolNetwork(ctx, network); err != nil {
			if !awserr.Denied(err) {
				return explain("read the pool's network", err)
			}
			vpc, why = p.theirText(vpcVariable), ""
			p.keeps.warnings = append(p.keeps.warnings,
				"whether the pool's network_configuration can work was not looked at: "+
					explain("read its subnets", err).Error())
		}
	}
	if why != "" {
		p.keeps.why[networkVariable] = why
		return nil
	}
	p.keepNetwork(vpc)
	return p.warnOfExits(ctx, vpc, network)
}

// judgeNamedNetwork looks at the network that the Spec names for flow runs: its VPC is theirs.
func (p *workPool) judgeNamedNetwork(ctx context.Context) error {
	if !p.names(networkVariable) {
		return nil
	}
	if p.w.recalled {
		_ = json.Unmarshal(p.template.defaultOf(vpcVariable), &p.keeps.vpc) // a pool without has none
		return nil
	}
	raw, err := json.Marshal(p.w.spec.FlowRuns.JobVariables[networkVariable])
	if err != nil {
		return fmt.Errorf("job variable %q: %w", networkVariable, err)
	}
	network, why := readPoolNetwork(raw)
	if why == "" {
		if p.keeps.vpc, why, err = p.w.checkPoolNetwork(ctx, network); err != nil {
			return explain("read the network of job variable "+networkVariable, err)
		}
	}
	if why != "" {
		return fmt.Errorf("job variable %q: %s", networkVariable, why)
	}
	return p.warnOfExits(ctx, p.keeps.vpc, network)
}

func (p *workPool) keepNetwork(vpc string) {
	p.keeps.keep(networkVariable)
	p.keeps.vpc = vpc
	if vpc == p.theirText(vpcVariable) {
		p.keeps.keep(vpcVariable)
	}
}

func readPoolNetwork(raw json.RawMessage) (n poolNetwork, why string) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(&n); {
	case err != nil && bytes.Contains(raw, []byte(`"awsvpcConfiguration"`)):
		return n, "workers take what is in awsvpcConfiguration, without that key around it"
	case err != nil:
		return n, "it is no awsvpcConfiguration of ECS: " + strings.TrimPrefix(err.Error(), "json: ")
	case len(n.Subnets) == 0:
		return n, "it names no subnets, which ECS requires"
	}
	return n, ""
}

// tooMany is why ECS refuses a network that names more than it takes.
func (n poolNetwork) tooMany() string {
	switch {
	case len(n.Subnets) > spec.MaxSubnets:
		return fmt.Sprintf("it names %d subnets, and ECS accepts %d", len(n.Subnets), spec.MaxSubnets)
	case len(n.SecurityGroups) > spec.MaxSecurityGroups:
		return fmt.Sprintf("it names %d security groups, and ECS accepts %d", len(n.SecurityGroups),
			spec.MaxSecurityGroups)
	}
	return ""
}

// checkPoolNetwork returns the VPC of the subnets, or why no task can start there.
func (w *world) checkPoolNetwork(ctx context.Context, n poolNetwork) (vpc, why string, err error) {
	if why := n.tooMany(); why != "" {
		return "", why, nil
	}
	subnets, err := w.aws.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: n.Subnets})
	switch {
	case awserr.HasCode(err, "InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed"):
		return "", "a subnet of it does not exist", nil
	case err != nil:
		return "", "", err
	}
	for _, s := range subnets.Subnets {
		if other := aws.ToString(s.VpcId); vpc != "" && vpc != other {
			return "", fmt.Sprintf("its subnets are in two VPCs, %s and %s", vpc, other), nil
		}
		vpc = aws.ToString(s.VpcId)
	}
	if len(n.SecurityGroups) == 0 {
		return vpc, "", nil
	}
	groups, err := w.aws.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: n.SecurityGroups})
	switch {
	case awserr.HasCode(err, "InvalidGroup.NotFound", "InvalidGroupId.Malformed"):
		return "", "a security group of it does not exist", nil
	case err != nil:
		return "", "", err
	}
	for _, group := range groups.SecurityGroups {
		if other := aws.ToString(group.VpcId); other != vpc {
			return "", fmt.Sprintf("security group %s is in VPC %s, and the subnets are in %s",
				aws.ToString(group.GroupId), other, vpc), nil
		}
	}
	return vpc, "", nil
}

// warnOfExits tells of subnets of the pool's own network out of which tasks get nowhere.
func (p *workPool) warnOfExits(ctx context.Context, vpc string, n poolNetwork) error {
	if vpc == "" {
		return nil
	}
	all, err := (&networkFinder{api: p.w.aws.EC2}).subnetsOf(ctx, vpc)
	if awserr.Denied(err) {
		return nil // the network is kept either way
	}
	if err != nil {
		return err
	}
	public := n.AssignPublicIP == string(publicIP(true))
	if public {
		theirs := slices.DeleteFunc(slices.Clone(all), func(s subnet) bool { return !slices.Contains(n.Subnets, s.id) })
		p.keeps.warnings = append(p.keeps.warnings, idleAddresses(theirs,
			"assignPublicIp is ENABLED in the pool's network_configuration")...)
	}
	p.warnOfClosedEndpoints(ctx, vpc, n)
	for _, s := range all {
		if !slices.Contains(n.Subnets, s.id) {
			continue
		}
		for _, trouble := range s.troubles() {
			p.keeps.warnings = append(p.keeps.warnings,
				"subnet "+s.id+" of the pool's network_configuration: "+trouble)
		}
		switch {
		case s.out.kind == exitNone:
			p.keeps.warnings = append(p.keeps.warnings, fmt.Sprintf("subnet %s of the pool's network_configuration "+
				"has no way out (%s): flow runs there reach Prefect and the image registry only through VPC endpoints",
				s.id, s.out.why))
		case s.out.kind == exitPublic && !public:
			p.keeps.warnings = append(p.keeps.warnings, fmt.Sprintf("subnet %s of the pool's network_configuration "+
				"reaches the internet only with public IP addresses, and assignPublicIp is not ENABLED there", s.id))
		}
	}
	return nil
}

// warnOfClosedEndpoints tells of endpoints that keep flow runs out. What cannot be looked at is left out.
func (p *workPool) warnOfClosedEndpoints(ctx context.Context, vpc string, n poolNetwork) {
	if len(n.SecurityGroups) == 0 {
		return // that of the VPC
	}
	ways := Ways{VPC: vpc}
	for _, id := range n.Subnets {
		ways.Subnets = append(ways.Subnets, Way{Subnet: id})
	}
	want := p.w.spec
	want.Network.SecurityGroups = n.SecurityGroups
	endpoints, err := ReadEndpoints(ctx, p.w.aws, vpc)
	var closed []string
	if err == nil {
		closed, err = endpoints.Closed(ctx, p.w.aws, ways, want, flowRunServices)
	}
	if err != nil {
		p.w.log.DebugContext(ctx, "whether VPC endpoints let flow runs in is not known", "error", err)
		return
	}
	if len(closed) > 0 {
		p.keeps.warnings = append(p.keeps.warnings, fmt.Sprintf("VPC %s has endpoints with private DNS whose security "+
			"groups let in no HTTPS from the groups of the pool's network_configuration: %s: flow runs do not start "+
			"until they let it in", vpc, strings.Join(closed, ", ")))
	}
}

// flowRunServices are those that the start of a flow run's task takes.
var flowRunServices = []string{"ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager"}
