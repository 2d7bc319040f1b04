package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// With the fault a list has all that there is, in the query and in the JSON protocols; a write is done as asked.
func TestListsIgnoreTheirFilters(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	ctx := t.Context()
	counts := func() (groups, logGroups int) {
		ec := must(c.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
			{Name: aws.String("group-name"), Values: []string{"none of these"}}}}))(t)
		lg := must(c.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{
			LogGroupNamePrefix: aws.String("/none")}))(t)
		return len(ec.SecurityGroups), len(lg.LogGroups)
	}
	c.server.AddFault(fault.Fault{Kind: fault.Unfiltered, Times: -1})
	must(c.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/some")}))(t)
	if groups, logGroups := counts(); groups == 0 || logGroups != 1 {
		t.Errorf("with the fault: %d groups, %d log groups", groups, logGroups)
	}
	c.server.ClearFaults()
	if groups, logGroups := counts(); groups != 0 || logGroups != 0 {
		t.Errorf("without: %d groups, %d log groups", groups, logGroups)
	}
}
