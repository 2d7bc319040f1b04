package awsconsole

import "testing"

func TestURL(t *testing.T) {
	t.Parallel()
	const here = "https://eu-west-1.console.aws.amazon.com"
	for arn, want := range map[string]string{
		"arn:aws:ecs:eu-west-1:123456789012:service/default/prefect-worker-etl": here +
			"/ecs/v2/clusters/default/services/prefect-worker-etl/health?region=eu-west-1",
		"arn:aws:ecs:eu-west-1:123456789012:task/default/0a1b": here +
			"/ecs/v2/clusters/default/tasks/0a1b/configuration?region=eu-west-1",
		"arn:aws:ecs:eu-west-1:123456789012:cluster/default": here +
			"/ecs/v2/clusters/default/services?region=eu-west-1",
		"arn:aws:ecs:eu-west-1:123456789012:task-definition/prefect-worker-etl:7": here +
			"/ecs/v2/task-definitions/prefect-worker-etl/7?region=eu-west-1",
		"arn:aws:iam::123456789012:role/team/prefect-etl": "https://console.aws.amazon.com" +
			"/iam/home#/roles/details/prefect-etl",
		"arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/prefect/etl:*": here +
			"/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/%252Fecs%252Fprefect%252Fetl",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect/etl/api-key-AbCdEf": here +
			"/secretsmanager/secret?name=prefect%2Fetl%2Fapi-key&region=eu-west-1",
		"arn:aws:ecr:eu-west-1:123456789012:repository/prefect/etl/flows": here +
			"/ecr/repositories/private/123456789012/prefect/etl/flows?region=eu-west-1",
		"arn:aws-cn:ecs:cn-north-1:123456789012:cluster/default": "https://console.amazonaws.cn" +
			"/ecs/v2/clusters/default/services?region=cn-north-1",
		"arn:aws-us-gov:ecs:us-gov-west-1:123456789012:cluster/x y": "https://console.amazonaws-us-gov.com" +
			"/ecs/v2/clusters/x%20y/services?region=us-gov-west-1",
		"arn:aws:events:eu-west-1:123456789012:rule/it":  "",
		"arn:other:ecs:eu-west-1:123456789012:cluster/x": "",
		"sg-0a1b2c3d": "",
	} {
		got, ok := URL(arn)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
	}
}
