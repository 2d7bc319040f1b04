package worker_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
)

// A worker that goes on with a launch does not take a task of somebody else for the run's, where ListTasks ignores
// startedBy.
func TestTheTaskOfAnotherIsNotTheRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	first := w.stuck("w1")
	first.kill()
	<-first.ended
	w.server.ClearFaults()
	another := w.startedByTheOfficial("00000000-0000-4000-8000-000000000000")
	w.server.AddFault(fault.Fault{Kind: fault.Unfiltered, Times: -1})
	w.start(impatient)
	run := w.await(id, prefect.Completed)
	if run.InfrastructurePID == "default::"+another || len(w.tasks()) != 2 {
		t.Errorf("the run has the task %q of %d, and %s is another's", run.InfrastructurePID, len(w.tasks()), another)
	}
}

// A pool without a network gets the subnets of the default VPC, and no others, where EC2's lists ignore their filters.
func TestTheSubnetsOfTheDefaultVPC(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	client := ec2.NewFromConfig(w.aws)
	before := must(client.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{}))(t)
	vpc := must(client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}))(t)
	must(client.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId,
		CidrBlock: aws.String("10.9.1.0/24")}))(t)
	w.server.AddFault(fault.Fault{Kind: fault.Unfiltered, Times: -1})
	id := w.runs(w.deployment(nil), 1)[0]
	w.start(nil)
	w.await(id, prefect.Completed)
	for _, task := range w.tasks() {
		if !slices.ContainsFunc(before.Subnets, func(s ec2types.Subnet) bool {
			return aws.ToString(s.SubnetId) == subnetOf(task)
		}) {
			t.Errorf("a task is in the subnet %q", subnetOf(task))
		}
	}
}

func subnetOf(task types.Task) string {
	for _, a := range task.Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "subnetId" {
				return aws.ToString(d.Value)
			}
		}
	}
	return ""
}

// A worker stops nothing that is not Cancelling, nor what is of another pool, where Prefect's list ignores its filters.
func TestRunsThatWereNotAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{version: "2.20.26"}) // for which the worker looks for itself
	id := w.runs(w.deployment(hangingJob()), 1)[0]
	w.start(noRunnerGrace)
	w.await(id, prefect.Running)
	looks := atomic.Int64{}
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/flow_runs/filter") {
			return false
		}
		looks.Add(1)
		all := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader("{}"))
		all.Header = r.Header.Clone()
		all.Header.Del("Content-Length")
		w.prefect.ServeHTTP(rw, all)
		return true
	})
	eventually(t, "five looks", func() bool { return looks.Load() >= 5 })
	if run := must(w.api.ReadFlowRun(t.Context(), id))(t); run.StateType != prefect.Running || w.calls("StopTask") > 0 {
		t.Errorf("the run is %s, and its task was stopped %d times", run.StateName, w.calls("StopTask"))
	}
}
