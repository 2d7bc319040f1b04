package worker

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/internal/pause"
	"ecsctl/jobtemplate"
	"ecsctl/sandbox"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]awsaccess.Rate{
		"RunTask=40/s,burst=200": {PerSecond: 40, Burst: 200}, "RunTask=0.5/s": {PerSecond: 0.5, Burst: 1},
		"DescribeTasks=20/s": {PerSecond: 20, Burst: 20},
	} {
		action, got, err := awsaccess.ParseRate(text)
		if err != nil || got != want || !strings.HasPrefix(text, action+"=") {
			t.Errorf("%s: got %s %v, %v", text, action, got, err)
		}
	}
	for _, text := range []string{"", "RunTask", "RunTask=", "RunTask=1", "RunTask=0/s", "RunTask=-1/s",
		"RunTask=NaN/s", "RunTask=1/s,burst=0", "RunTask=1/s,burst", "CreateService=1/s", "RunTask=1/s,burst=2,x"} {
		if _, r, err := awsaccess.ParseRate(text); err == nil {
			t.Errorf("%q was taken for %v", text, r)
		}
	}
}

// takes is how long n calls take that callers make at the same time.
func takes(t *testing.T, b *awsaccess.Bucket, n int) time.Duration {
	t.Helper()
	began := time.Now()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if err := b.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	return time.Since(began)
}

// A throttled call makes the action slower for all, and it gets as fast as before.
func TestABucketSlowsDownAndRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := awsaccess.NewBucket(awsaccess.Rate{PerSecond: 10, Burst: 10})
		if took := takes(t, b, 110); took < 9900*time.Millisecond || took > 10100*time.Millisecond {
			t.Errorf("110 calls took %s", took)
		}
		for range 5 { // answers that come together are one storm
			b.Throttle(time.Now())
		}
		if took := takes(t, b, 50); took < 6*time.Second || took > 8*time.Second {
			t.Errorf("50 calls after a throttled one took %s, want about 7 s", took)
		}
		for range 100 {
			b.Throttle(time.Now())
			_ = pause.For(context.Background(), 2*awsaccess.Storm) // ends with the time alone
		}
		if took := takes(t, b, 10); took < 5*time.Second || took > 20*time.Second {
			t.Errorf("10 calls after a long storm took %s", took)
		}
		_ = pause.For(context.Background(), 2*awsaccess.Recovers)
		takes(t, b, 10)
		if took := takes(t, b, 100); took > 10100*time.Millisecond {
			t.Errorf("100 calls after the storm took %s", took)
		}
	})
}

// Credentials of one account share its quotas; another region has its own.
func TestRatesAreSharedByAccount(t *testing.T) {
	t.Parallel()
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	sets := awsaccess.NewSets(server.Config(), map[string]awsaccess.Rate{"ListTasks": {PerSecond: 1, Burst: 4}}, nil)
	clientsOf := func(c jobtemplate.Credentials) *awsaccess.Clients {
		clients, err := sets.Of(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return clients
	}
	first := clientsOf(jobtemplate.Credentials{})
	second := clientsOf(jobtemplate.Credentials{AccessKeyID: "OTHER", SecretAccessKey: server.SecretAccessKey()})
	if first == second || len(sets.Limits) != 1 {
		t.Fatalf("two sets of credentials of one account have %d sets of limits", len(sets.Limits))
	}
	if _, err := first.ECS.CreateCluster(t.Context(), &ecs.CreateClusterInput{}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for i := range 6 {
		if _, err := []*awsaccess.Clients{first, second}[i%2].ECS.ListTasks(t.Context(),
			&ecs.ListTasksInput{}); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 1900*time.Millisecond {
		t.Errorf("six calls of two clients took %s with one a second and a burst of four", took)
	}
	clientsOf(jobtemplate.Credentials{Region: "eu-west-1"})
	if len(sets.Limits) != 2 {
		t.Errorf("two regions have %d sets of limits", len(sets.Limits))
	}
}

// The sweeps over 10,000 tracked runs stay within a quarter of DescribeTasks's quota.
func TestSweepsOfManyRunsArePaced(t *testing.T) {
	t.Parallel()
	var entries []tracked
	for n := range 10_000 {
		entry := tracked{run: runlog.Run{ID: fmt.Sprint(n)}}
		entry.set(launchedTask{at: place{task: fmt.Sprint(n), cluster: "default"}})
		entries = append(entries, entry)
	}
	if got := len(batches(entries)); got != 100 {
		t.Errorf("10,000 runs are %d batches", got)
	}
	if got := restAfter(100); got < 19*time.Second || got > 21*time.Second {
		t.Errorf("after 100 calls it rests %s", got)
	}
	if got := restAfter(1); got != 0 {
		t.Errorf("after one call it rests %s", got)
	}
}
