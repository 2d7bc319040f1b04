//go:build e2e

package sandbox

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/e2e/peers"
)

// TestGuideCommands types the guide's own commands, with Prefect's command line and the
// real AWS CLI, and waits until the worker that they set up is online.
func TestGuideCommands(t *testing.T) {
	w := newWorld(t, peers.Prefect2, "--prefect-version", versions[peers.Prefect2])
	subnets, group := w.network()
	awsCLI, err := peers.Program(peers.AWS, "aws")
	w.must(err)
	script := filepath.Join(peers.Root(), "bench", "guide.sh")
	env := w.environ(w.venv+":"+filepath.Dir(awsCLI),
		"SUBNETS="+subnets, "SECURITY_GROUPS="+group, "CLUSTER=default", "POOL=my-ecs-pool")
	w.run(env, "aws", "ecs", "create-cluster", "--cluster-name", "default")
	w.run(env, "/bin/bash", script, "pool")
	w.run(env, "/bin/bash", script, "worker")
	w.waitForWorker(w.env["PREFECT_API_URL"], "my-ecs-pool")
	w.run(env, "aws", "ecs", "wait", "services-stable", "--services", "prefect-worker-service")
	status := w.run(env, "aws", "ecs", "describe-services", "--services", "prefect-worker-service", "--query",
		"services[0].[status,runningCount]", "--output", "text")
	if got := strings.Fields(status); len(got) != 2 || got[0] != "ACTIVE" || got[1] != "1" {
		t.Errorf("got service %q", status)
	}
}

// network is what the guide's reader looks up in the console.
func (w *world) network() (subnets, group string) {
	w.t.Helper()
	client := ec2.NewFromConfig(w.config())
	found, err := client.DescribeSubnets(w.t.Context(), &ec2.DescribeSubnetsInput{})
	w.must(err)
	var ids []string
	for _, subnet := range found.Subnets {
		ids = append(ids, *subnet.SubnetId)
	}
	groups, err := client.DescribeSecurityGroups(w.t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{{Name: aws.String("group-name"), Values: []string{"default"}}}})
	w.must(err)
	return strings.Join(ids, ","), *groups.SecurityGroups[0].GroupId
}
