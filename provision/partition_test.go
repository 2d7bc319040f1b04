package provision

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/google/go-cmp/cmp"

	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// arnText finds ARNs in a JSON text, also such as have a wrong partition.
var arnText = regexp.MustCompile(`arn:[^"\\]*`)

// known fills in what bootstrap would have learned in the world's own partition.
func (w *world) learn() {
	for kind, resource := range map[Kind]string{
		KindAPIKeySecret:     "secret:prefect/etl/api-key-AbCdEf",
		KindAuthStringSecret: "secret:prefect/etl/api-auth-string-AbCdEf",
	} {
		w.setValue(kind, w.id.arn("secretsmanager", resource))
	}
	w.setValue(KindExecutionRole, w.id.roleARN(w.spec.Names.ExecutionRole))
	w.setValue(KindWorkerRole, w.id.roleARN(w.spec.Names.WorkerRole))
	w.setValue(KindSecurityGroup, "sg-1")
}

// Every ARN in everything that is sent lies in the partition at hand.
func TestEveryARNIsInThePartition(t *testing.T) {
	t.Parallel()
	for region, partition := range partitions {
		t.Run(partition, func(t *testing.T) {
			t.Parallel()
			s := fullSpec()
			s.Region = region
			s.Names = spec.DeriveNames(s.Pool, region)
			s.FlowRuns.PolicyARNs = []string{"arn:" + partition + ":iam::aws:policy/AmazonS3ReadOnlyAccess"}
			w := testWorld(t, s)
			w.learn()
			texts := documents(w)
			for _, name := range everyPolicy {
				texts["policy "+name] = mustPolicy(t, w, name).Document()
			}
			texts["managed policies"] = strings.Join(newExecutionRole(w).managed, `"`)
			definition := (&taskDefinition{w: w}).wanted()
			texts["task definition"] = show(toJSON(definition.registerInput(s.Names.Family, w.wantedTags())))
			pool := &workPool{w: w, template: mustParse(t, string(templates.ECSBaseJobTemplate))}
			for _, d := range pool.defaults() {
				texts["pool"] += show(toJSON(d.value)) + `"`
			}
			texts["log group"] = (&logGroup{w: w}).arn()
			for _, q := range w.observer() {
				texts[q.name] = show(toJSON(q.attributes())) + `"` + q.arn()
			}
			texts["rule"] = w.taskPattern() + w.ruleARN() + `"` + w.queueARN()
			for name, text := range texts {
				wantPartition(t, name, text, partition)
			}
		})
	}
}

func wantPartition(t *testing.T, name, text, partition string) {
	t.Helper()
	found := arnText.FindAllString(text, -1)
	if len(found) == 0 && name != templates.TrustPolicy {
		t.Errorf("%s has no ARN: %s", name, text)
	}
	for _, raw := range found {
		parsed, err := arn.Parse(raw)
		if err != nil || parsed.Partition != partition {
			t.Errorf("%s: %q is not in the partition %s", name, raw, partition)
		}
	}
}

func TestIdentityARNs(t *testing.T) {
	t.Parallel()
	i := Identity{Account: "123456789012", Partition: "aws-cn", Region: "cn-north-1"}
	got := []string{
		i.roleARN("r"), i.roleARN("arn:aws:iam::1:role/x"), i.clusterARN("c"),
		i.clusterARN("arn:aws:ecs:r:1:cluster/x"),
		i.managedPolicyARN("service-role/P"), i.arn("logs", "log-group:g"),
	}
	want := []string{
		"arn:aws-cn:iam::123456789012:role/r", "arn:aws:iam::1:role/x",
		"arn:aws-cn:ecs:cn-north-1:123456789012:cluster/c", "arn:aws:ecs:r:1:cluster/x",
		"arn:aws-cn:iam::aws:policy/service-role/P", "arn:aws-cn:logs:cn-north-1:123456789012:log-group:g",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The worker may do what it must on its own cluster, families and roles, and nothing
// on everything where AWS takes a resource.
func TestWorkerPolicyIsNarrow(t *testing.T) {
	t.Parallel()
	s := fullSpec()
	s.FlowRuns.TaskRole = "arn:aws:iam::123456789012:role/flow"
	w := testWorld(t, s)
	w.learn()
	var policy struct {
		Statement []struct {
			Sid              string
			Action, Resource any
			Condition        map[string]map[string]any
		}
	}
	if err := json.Unmarshal([]byte(newWorkerRole(w).policy()), &policy); err != nil {
		t.Fatal(err)
	}
	// Actions for which AWS knows no resource (Service Authorization Reference).
	noResource := []string{"ecs:DescribeTaskDefinition", "ecs:DeregisterTaskDefinition", "ec2:DescribeVpcs",
		"ec2:DescribeSubnets", "ecs:ListTaskDefinitions", "ecs:ListTasks"}
	noResource = append(noResource, "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
		"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel")
	passed := false
	for _, statement := range policy.Statement {
		actions := show(statement.Action)
		if strings.Contains(actions, "*") {
			t.Errorf("%s has a wildcard action: %s", statement.Sid, actions)
		}
		if statement.Resource == "*" && !allIn(statement.Action, noResource) && len(statement.Condition) == 0 {
			t.Errorf("%s lets %s on everything", statement.Sid, actions)
		}
		if strings.Contains(actions, "iam:PassRole") {
			passed = true
			roles := []any{"arn:aws:iam::123456789012:role/flow",
				"arn:aws:iam::123456789012:role/prefect-etl-eu-west-1-flow-exec"}
			if diff := cmp.Diff(any(roles), statement.Resource); diff != "" {
				t.Errorf("roles that may be passed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(map[string]map[string]any{
				"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}, statement.Condition); diff != "" {
				t.Errorf("to whom they may be passed (-want +got):\n%s", diff)
			}
		}
	}
	if !passed {
		t.Error("the worker may pass no role: no flow run would start")
	}
}

func allIn(actions any, known []string) bool {
	list, ok := actions.([]any)
	if !ok {
		list = []any{actions}
	}
	for _, action := range list {
		found := false
		for _, k := range known {
			found = found || action == k
		}
		if !found {
			return false
		}
	}
	return true
}
