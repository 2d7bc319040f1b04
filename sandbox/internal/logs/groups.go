package logs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"ecsctl/sandbox/internal/wire"
)

// retentions are the days that PutRetentionPolicy takes.
var retentions = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
	2922, 3288, 3653}

var badToken = wire.Errorf("InvalidParameterException", "The specified nextToken is invalid.")

func (s *Service) handleGroups() {
	wire.HandleJSON(s.JSON, "CreateLogGroup", schemas.CreateLogGroupRequest, wire.NoMembers,
		"logGroupName! tags logGroupClass", s.createGroup)
	wire.HandleJSON(s.JSON, "DescribeLogGroups", schemas.DescribeLogGroupsRequest, schemas.DescribeLogGroupsResponse,
		"logGroupNamePrefix logGroupNamePattern logGroupClass nextToken limit", s.describeGroups)
	wire.HandleJSON(s.JSON, "DeleteLogGroup", schemas.DeleteLogGroupRequest, wire.NoMembers, "logGroupName!",
		s.deleteGroup)
	wire.HandleJSON(s.JSON, "PutRetentionPolicy", schemas.PutRetentionPolicyRequest, wire.NoMembers,
		"logGroupName! retentionInDays!", s.putRetention)
	wire.HandleJSON(s.JSON, "DeleteRetentionPolicy", schemas.DeleteRetentionPolicyRequest, wire.NoMembers,
		"logGroupName!", s.deleteRetention)
}

func (s *Service) createGroup(_ context.Context, in *api.CreateLogGroupInput) (*wire.None, error) {
	if _, ok := s.groups[*in.LogGroupName]; ok {
		return nil, wire.Errorf("ResourceAlreadyExistsException", "The specified log group already exists")
	}
	if err := checkTags(nil, in.Tags); err != nil {
		return nil, err
	}
	g := s.addGroup(*in.LogGroupName)
	for k, v := range in.Tags {
		g.tags[k] = v
	}
	if in.LogGroupClass != "" {
		g.class = string(in.LogGroupClass)
	}
	return &wire.None{}, nil
}

func (s *Service) describeGroups(_ context.Context,
	in *api.DescribeLogGroupsInput) (*api.DescribeLogGroupsOutput, error) {
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, wire.Errorf("InvalidParameterException",
			"LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	found := sortedValues(s.groups, func(name string) bool {
		return strings.HasPrefix(name, aws.ToString(in.LogGroupNamePrefix)) &&
			strings.Contains(strings.ToLower(name), strings.ToLower(aws.ToString(in.LogGroupNamePattern)))
	})
	if in.LogGroupClass != "" {
		found = slices.DeleteFunc(found, func(g *group) bool { return g.class != string(in.LogGroupClass) })
	}
	page, next, err := wire.Page(found, in.NextToken, limitOr(in.Limit, 50), badToken)
	if err != nil {
		return nil, err
	}
	out := &api.DescribeLogGroupsOutput{LogGroups: []types.LogGroup{}, NextToken: next}
	for _, g := range page {
		out.LogGroups = append(out.LogGroups, g.describe())
	}
	return out, nil
}

func (g *group) describe() types.LogGroup {
	var stored int64
	for _, st := range g.streams {
		stored += st.bytes()
	}
	return types.LogGroup{
		LogGroupName: &g.name, LogGroupClass: types.LogGroupClass(g.class),
		// arn names the streams in the group, logGroupArn the group itself.
		Arn: aws.String(g.arn + ":*"), LogGroupArn: &g.arn,
		CreationTime: &g.created, RetentionInDays: g.retention,
		MetricFilterCount: aws.Int32(0), StoredBytes: &stored,
	}
}

func (s *Service) deleteGroup(_ context.Context, in *api.DeleteLogGroupInput) (*wire.None, error) {
	g, err := s.find(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	delete(s.groups, g.name)
	return &wire.None{}, nil
}

func (s *Service) putRetention(_ context.Context, in *api.PutRetentionPolicyInput) (*wire.None, error) {
	g, err := s.find(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(retentions, *in.RetentionInDays) {
		return nil, wire.Errorf("InvalidParameterException", "1 validation error detected: Value '%d' at "+
			"'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %v",
			*in.RetentionInDays, retentions)
	}
	g.retention = in.RetentionInDays
	return &wire.None{}, nil
}

func (s *Service) deleteRetention(_ context.Context, in *api.DeleteRetentionPolicyInput) (*wire.None, error) {
	g, err := s.find(in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.retention = nil
	return &wire.None{}, nil
}
