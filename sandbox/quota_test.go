package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

func TestParseQuota(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]fault.Quota{
		"ecs:RunTask=20/s,burst=100":          {Service: "ecs", Operation: "RunTask", Rate: 20, Burst: 100},
		"ecs:Describe*=0.5/s,burst=1":         {Service: "ecs", Operation: "Describe*", Rate: 0.5, Burst: 1},
		"fargate:vcpu=6":                      {Service: "fargate", Operation: "vcpu", Burst: 6},
		"fargate:launch=20/s,burst=100":       {Service: "fargate", Operation: "launch", Rate: 20, Burst: 100},
		"prefect:POST/logs=1000/s,burst=1000": {Service: "prefect", Operation: "POST/logs", Rate: 1000, Burst: 1000},
	} {
		got, err := fault.ParseQuota(spec)
		if diff := cmp.Diff(want, got); err != nil || diff != "" || got.String() != spec {
			t.Errorf("%s: %v %s, written %s", spec, err, diff, got)
		}
	}
	if got := must(fault.ParseQuota("a:b=120/m"))(t); got.Rate != 2 || got.Burst != 2 {
		t.Errorf("got %+v", got)
	}
	for _, spec := range []string{"", "ecs=1/s", "ecs:RunTask=20", "ecs:RunTask=0/s", "ecs:RunTask=1/h",
		"ecs:RunTask=1/s,burst=0", "ecs:RunTask=NaN/s", "fargate:vcpu=1/s", "fargate:memory=4",
		"fargate-spot:launch=1/s"} {
		if q, err := fault.ParseQuota(spec); err == nil {
			t.Errorf("%q became %+v", spec, q)
		}
	}
}

func TestEachOperationHasItsBucket(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Quotas: []fault.Quota{{Service: "ecs", Operation: "*", Rate: 0.001, Burst: 2}}})
	list := func() error { _, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}); return err }
	for range 2 {
		if err := list(); err != nil {
			t.Error(err)
		}
	}
	wantMessage(t, list(), "ThrottlingException", "Rate exceeded")
	must(c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{}))(t)
	if err := c.readers(t)["iam"](); err != nil {
		t.Errorf("a quota of ecs hit iam: %v", err)
	}
	c.server.ClearQuotas()
	if err := list(); err != nil {
		t.Error(err)
	}
}

func TestFargateLaunchRate(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 0",
		sandbox.Options{Quotas: []fault.Quota{{Service: "fargate", Operation: "launch", Rate: 0.001, Burst: 3}}})
	definition := c.app(t, nil)
	many := func(n int32) error {
		_, err := c.launch(t, definition, func(in *ecs.RunTaskInput) { in.Count = aws.Int32(n) })
		return err
	}
	if err := many(2); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, many(2), "ThrottlingException", "Rate exceeded")
	if err := many(1); err != nil {
		t.Error(err)
	}
}

func TestFargateVCPUs(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600",
		sandbox.Options{Quotas: []fault.Quota{must(fault.ParseQuota("fargate:vcpu=1"))(t)}})
	definition := c.app(t, nil) // a quarter of a vCPU
	out := must(c.launch(t, definition, func(in *ecs.RunTaskInput) { in.Count = aws.Int32(6) }))(t)
	if len(out.Tasks) != 4 || len(out.Failures) != 2 ||
		*out.Failures[0].Reason != "You’ve reached the limit on the number of vCPUs you can run concurrently" {
		t.Fatalf("got %d tasks, failures %+v", len(out.Tasks), out.Failures)
	}
	if spot := must(c.launch(t, definition, c.spot(t)))(t); len(spot.Tasks) != 1 {
		t.Errorf("Spot has a quota of its own, yet: %+v", spot.Failures)
	}
	must(c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{
		Cluster: out.Tasks[0].ClusterArn, Task: out.Tasks[0].TaskArn,
	}))(t)
	c.awaitTask(t, &out.Tasks[0], "STOPPED")
	if again := must(c.launch(t, definition, nil))(t); len(again.Tasks) != 1 {
		t.Errorf("there is room again, yet: %+v", again.Failures)
	}
}

func TestQuotasOverHTTP(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	if status, _ := overHTTP(t, http.MethodPost, c.server.QuotasURL(),
		"ecs:ListClusters=1/m,burst=1\nfargate:vcpu=2\n"); status != http.StatusNoContent {
		t.Errorf("got %d", status)
	}
	if _, body := overHTTP(t, http.MethodGet, c.server.QuotasURL(),
		""); body != "ecs:ListClusters=0.016666666666666666/s,burst=1\nfargate:vcpu=2\n" {
		t.Errorf("got %q", body)
	}
	list := func() error { _, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}); return err }
	if err := list(); err != nil {
		t.Error(err)
	}
	wantCode(t, list(), "ThrottlingException")
	if status, _ := overHTTP(t, http.MethodDelete, c.server.QuotasURL(), ""); status != http.StatusNoContent {
		t.Errorf("got %d", status)
	}
	if err := list(); err != nil {
		t.Error(err)
	}
}
