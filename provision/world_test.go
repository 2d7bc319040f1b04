package provision

import (
	"context"
	"log/slog"
	"testing"

	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// fullSpec has every optional field set, so that every document and default shows.
func fullSpec() spec.Spec {
	s := validSpec()
	s.Worker.WorkQueues, s.Worker.Limit, s.Worker.DesiredCount = []string{"fast", "slow lane"}, ptr(5), ptr(2)
	s.Worker.ExecuteCommand, s.ContainerInsights = ptr(true), "enhanced"
	s.Worker.SpotFallback = ptr(true)
	s.Worker.Env, s.Worker.StopTimeout = map[string]string{"PREFECT_LOGGING_LEVEL": "DEBUG"}, 60
	s.FlowRuns = spec.FlowRuns{
		Image: "app:1", CPU: 1024, Memory: 2048, LaunchType: "FARGATE", Families: []string{"mine-*"},
		PolicyARNs:   []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
		JobVariables: map[string]any{"family": "etl", "labels": map[string]any{"team": "data"}},
	}
	return s
}

// testWorld is a world that has found out everything, in the partition of its region
// and without any far end.
func testWorld(t *testing.T, s spec.Spec) *world {
	t.Helper()
	w := &world{
		spec: s, version: "test", known: map[Kind]string{}, log: slog.New(slog.DiscardHandler),
		id: Identity{Account: "123456789012", Partition: partitions[s.Region], Region: s.Region},
		server: Server{APIURL: "https://prefect.example.com/api", Version: "3.8.8", APIKey: "the-key",
			AuthString: "me:secret"},
	}
	w.network = &networkFinder{}
	w.network.chosen = chosenNetwork{vpc: "vpc-1", subnets: []subnet{privateB, privateA}}
	_, _ = w.network.all.get(t.Context(), func(context.Context) (chosenNetwork, error) { return w.network.chosen, nil })
	return w
}

// partitions of the regions that the tests use.
var partitions = map[string]string{"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}

// documents renders every policy of a world, by name.
func documents(w *world) map[string]string {
	return map[string]string{
		templates.TrustPolicy:  trustPolicy(ecsTasks),
		templates.SecretPolicy: newExecutionRole(w).policy(),
		templates.WorkerPolicy: newWorkerRole(w).policy(),
	}
}
