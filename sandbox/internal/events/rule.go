package events

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/schemas"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"ecsctl/sandbox/internal/wire"
)

type rule struct {
	name, arn   string
	description *string
	source      string // the pattern as it was given
	pattern     pattern
	state       types.RuleState
	targets     []types.Target
	tags        []types.Tag
}

func (s *Service) handleRules() {
	wire.HandleJSON(s.JSON, "PutRule", schemas.PutRuleRequest, schemas.PutRuleResponse,
		"Name! EventPattern State Description Tags EventBusName", s.putRule)
	wire.HandleJSON(s.JSON, "DescribeRule", schemas.DescribeRuleRequest, schemas.DescribeRuleResponse,
		"Name! EventBusName", s.describeRule)
	wire.HandleJSON(s.JSON, "ListRules", schemas.ListRulesRequest, schemas.ListRulesResponse,
		"NamePrefix EventBusName NextToken Limit", s.listRules)
	wire.HandleJSON(s.JSON, "DeleteRule", schemas.DeleteRuleRequest, wire.NoMembers, "Name! EventBusName Force",
		s.deleteRule)
	wire.HandleJSON(s.JSON, "EnableRule", schemas.EnableRuleRequest, wire.NoMembers, "Name! EventBusName", s.enableRule)
	wire.HandleJSON(s.JSON, "DisableRule", schemas.DisableRuleRequest, wire.NoMembers, "Name! EventBusName",
		s.disableRule)
}

// putRule makes a rule or replaces all of one but its targets and tags.
func (s *Service) putRule(_ context.Context, in *api.PutRuleInput) (*api.PutRuleOutput, error) {
	if err := checkBus(in.EventBusName); err != nil {
		return nil, err
	}
	if in.EventPattern == nil {
		return nil, invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	}
	parsed, err := parsePattern(*in.EventPattern)
	if err != nil {
		return nil, err
	}
	r := &rule{name: *in.Name, arn: s.prefix + *in.Name}
	if have, ok := s.rules[*in.Name]; ok {
		r = have
	} else if r.tags, err = mergeTags(nil, in.Tags); err != nil {
		return nil, err
	}
	r.description, r.source, r.pattern, r.state = in.Description, *in.EventPattern, parsed, types.RuleStateEnabled
	if in.State != "" {
		r.state = in.State
	}
	s.rules[r.name] = r
	return &api.PutRuleOutput{RuleArn: &r.arn}, nil
}

func (s *Service) describeRule(_ context.Context, in *api.DescribeRuleInput) (*api.DescribeRuleOutput, error) {
	r, err := s.find(in.EventBusName, in.Name)
	if err != nil {
		return nil, err
	}
	return &api.DescribeRuleOutput{
		Name: &r.name, Arn: &r.arn, Description: r.description, EventPattern: &r.source, State: r.state,
		EventBusName: aws.String(defaultBus), CreatedBy: &s.account,
	}, nil
}

func (s *Service) listRules(_ context.Context, in *api.ListRulesInput) (*api.ListRulesOutput, error) {
	if err := checkBus(in.EventBusName); err != nil {
		return nil, err
	}
	size := pageSize(in.Limit)
	var found []types.Rule
	for _, name := range slices.Sorted(maps.Keys(s.rules)) {
		if r := s.rules[name]; strings.HasPrefix(name, aws.ToString(in.NamePrefix)) {
			found = append(found, types.Rule{
				Name: &r.name, Arn: &r.arn, Description: r.description, EventPattern: &r.source, State: r.state,
				EventBusName: aws.String(defaultBus),
			})
		}
	}
	page, next, err := wire.Page(found, in.NextToken, size, badToken)
	return &api.ListRulesOutput{Rules: page, NextToken: next}, err
}

var badToken = invalid("The nextToken is invalid.")

func pageSize(limit *int32) int {
	if limit == nil {
		return 100
	}
	return int(*limit)
}

// deleteRule is no error for a rule that is not there.
func (s *Service) deleteRule(_ context.Context, in *api.DeleteRuleInput) (*wire.None, error) {
	if err := checkBus(in.EventBusName); err != nil {
		return nil, err
	}
	if r, ok := s.rules[*in.Name]; ok && len(r.targets) > 0 {
		return nil, invalid("Rule can't be deleted since it has targets.")
	}
	delete(s.rules, *in.Name)
	return &wire.None{}, nil
}

func (s *Service) enableRule(_ context.Context, in *api.EnableRuleInput) (*wire.None, error) {
	return s.setState(in.EventBusName, in.Name, types.RuleStateEnabled)
}

func (s *Service) disableRule(_ context.Context, in *api.DisableRuleInput) (*wire.None, error) {
	return s.setState(in.EventBusName, in.Name, types.RuleStateDisabled)
}

func (s *Service) setState(bus, name *string, state types.RuleState) (*wire.None, error) {
	r, err := s.find(bus, name)
	if err != nil {
		return nil, err
	}
	r.state = state
	return &wire.None{}, nil
}
