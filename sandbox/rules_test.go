package sandbox_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ecsctl/sandbox"
)

// badRequest is a request that no SDK would send, and what is answered.
type badRequest struct {
	operation, body string // JSON, or the parameters of a query
	want            string // in the answer
	message         string
}

// badRequests are by service. Texts are AWS's where a source is known: docs/aws-notes.md.
var badRequests = map[string]struct {
	target string // prefix of X-Amz-Target; "" for the query protocols
	cases  []badRequest
}{
	"ecs": {"AmazonEC2ContainerServiceV20141113.", []badRequest{
		{"RunTask", `{}`, "InvalidParameterException",
			"Value null at 'taskDefinition' failed to satisfy constraint: Member must not be null"},
		{"RunTask", `{"taskDefinition":"x","launchType":"FARGATE_SPOT"}`, "InvalidParameterException",
			"Value 'FARGATE_SPOT' at 'launchType' failed to satisfy constraint: Member must satisfy enum value set: " +
				"[EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES]"},
		{"RunTask", `{"taskDefinition":"x","capacityProviderStrategy":[{"capacityProvider":"FARGATE","weight":1001}]}`,
			"InvalidParameterException", "Value '1001' at 'capacityProviderStrategy.1.member.weight' failed to " +
				"satisfy constraint: Member must have value less than or equal to 1000"},
		{"RegisterTaskDefinition",
			`{"family":"f","containerDefinitions":[{"name":"a"},{"logConfiguration":{"logDriver":"cloudwatch"}}]}`,
			"ClientException",
			"Value 'cloudwatch' at 'containerDefinitions.2.member.logConfiguration.logDriver' failed"},
		{"CreateService", `{"launchType":"X","propagateTags":"Y"}`, "InvalidParameterException",
			"3 validation errors detected: Value null at 'serviceName'"},
	}},
	"logs": {"Logs_20140328.", []badRequest{
		{"CreateLogGroup", `{"logGroupName":"a b"}`, "InvalidParameterException",
			`1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`},
		{"DescribeLogGroups", `{"limit":51}`, "InvalidParameterException",
			"Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50"},
		{"DescribeLogStreams", `{"logGroupName":"g","orderBy":"Size"}`, "InvalidParameterException",
			"Member must satisfy enum value set: [LogStreamName, LastEventTime]"},
		{"CreateLogGroup", `{"logGroupName":"g","tags":{"a*":"b"}}`, "InvalidParameterException",
			"Value '{a*=b}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: ["},
		{"PutLogEvents", `{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1}]}`,
			"InvalidParameterException", "Value null at 'logEvents.1.member.message'"},
	}},
	"secretsmanager": {"secretsmanager.", []badRequest{
		{"GetSecretValue", `{}`, "ValidationException", "1 validation error detected: Value null at 'secretId' " +
			"failed to satisfy constraint: Member must not be null"},
		{"CreateSecret", `{"Name":"n","SecretString":"s","ClientRequestToken":"short"}`, "InvalidParameterException",
			"ClientRequestToken must be 32-64 characters long."},
		{"ListSecrets", `{"MaxResults":101}`, "ValidationException", "Value '101' at 'maxResults' failed to satisfy " +
			"constraint: Member must have value less than or equal to 100"},
		{"CreateSecret", `{"Name":"n","SecretString":""}`, "ValidationException", "Value at 'secretString' failed"},
	}},
	"events": {"AWSEvents.", []badRequest{
		{"PutRule", `{"Name":"a b"}`, "ValidationException",
			`Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+`},
		{"PutTargets", `{"Rule":"r","Targets":[]}`, "ValidationException",
			"Value '[]' at 'targets' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"RemoveTargets", `{"Rule":"r","Ids":["a b"]}`, "ValidationException", "Value '[a b]' at 'ids' failed to " +
			"satisfy constraint: Member must satisfy constraint: [Member must satisfy"},
	}},
	"sqs": {"AmazonSQS.", []badRequest{
		{"CreateQueue", `{}`, "MissingParameter", "The request must contain the parameter QueueName."},
		{"SendMessage", `{"QueueUrl":"u"}`, "MissingParameter", "The request must contain the parameter MessageBody."},
	}},
	"iam": {"", []badRequest{
		{"GetRole", "RoleName=a/b", "ValidationError",
			`Value &#39;a/b&#39; at &#39;roleName&#39; failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`},
		{"GetRole", "", "ValidationError",
			"Value null at &#39;roleName&#39; failed to satisfy constraint: Member must not be null"},
		{"TagRole", "RoleName=r&Tags.member.1.Key=k&Tags.member.1.Value=D%26T", "ValidationError",
			"Value &#39;D&amp;T&#39; at &#39;tags.1.member.value&#39; failed"},
		{"ListRoles", "MaxItems=1001", "ValidationError",
			"at &#39;maxItems&#39; failed to satisfy constraint: Member must have value less than or equal to 1000"},
		{"UntagRole", "RoleName=r&TagKeys.member.1=" + strings.Repeat("k", 129), "ValidationError",
			"at &#39;tagKeys&#39; failed to satisfy constraint: Member must satisfy constraint: [Member must have " +
				"length less than or equal to 128]"},
	}},
	"ec2": {"", []badRequest{
		{"CreateSecurityGroup", "GroupName=g", "MissingParameter",
			"The request must contain the parameter GroupDescription"},
		{"DescribeVpcs", "MaxResults=1", "InvalidParameterValue",
			"Value ( 1 ) for parameter maxResults is invalid. Expecting a value greater than 5."},
		{"CreateVpc", "CidrBlock=10.0.0.0/16&InstanceTenancy=mine", "InvalidParameterValue",
			"Value (mine) for parameter instanceTenancy is invalid."},
		{"CreateTags", "ResourceId.1=vpc-1", "MissingParameter", "The request must contain the parameter Tag"},
	}},
}

func TestRequestsAreHeldAgainstTheModelsOfAWS(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	for service, group := range badRequests {
		for _, bad := range group.cases {
			t.Run(service+"/"+bad.operation, func(t *testing.T) {
				status, answer := c.raw(t, service, group.target, bad.operation, bad.body)
				if status != http.StatusBadRequest || !strings.Contains(answer, bad.want) ||
					!strings.Contains(answer, bad.message) {
					t.Errorf("got %d %s\nwant %s: %s", status, answer, bad.want, bad.message)
				}
			})
		}
	}
}

// raw sends a request as it is, in JSON with a target and else as a query.
func (c *clients) raw(t *testing.T, service, target, operation, body string) (int, string) {
	t.Helper()
	if target == "" {
		body = "Action=" + url.QueryEscape(operation) + "&Version=1&" + body
	}
	req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.URL(), strings.NewReader(body)))(t)
	if target != "" {
		req.Header.Set("X-Amz-Target", target+operation)
	}
	sign(t, c.server, req, service, body)
	resp := must(http.DefaultClient.Do(req))(t)
	defer resp.Body.Close()
	return resp.StatusCode, string(must(io.ReadAll(resp.Body))(t))
}
