package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/awserr"
	"ecsctl/prefect"
	"ecsctl/provision/spec"
)

// discover finds out the account, the cluster and the names: what the user says goes
// first, then what the pool remembers, then what derives from the pool's name.
func (t *Teardown) discover(ctx context.Context) error {
	opts := t.opts
	t.w = &world{
		spec: opts.Spec, version: opts.Version, aws: opts.Clients, server: opts.Server, log: opts.Logger,
		poll: opts.PollInterval, known: map[Kind]string{},
	}
	var pool *workPool
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { t.w.id, err = WhoAmI(gctx, opts.Clients); return err })
	group.Go(func() (err error) { pool, err = t.readPool(gctx); return err })
	if err := group.Wait(); err != nil {
		return err
	}
	want := &t.w.spec
	if pool != nil {
		if err := CheckPlace(pool.found, t.w.id); err != nil {
			return err
		}
		t.w.onServer = true
		t.w.remembered = pool.template.marker
		if names := pool.template.marker.Names; names != nil {
			want.Names = want.Names.Or(*names)
		}
		want.Cluster = cmp.Or(want.Cluster, poolCluster(pool.template))
		want.Worker.Of = cmp.Or(pool.template.marker.of(), want.Worker.Of)
	}
	want.Names = want.Names.Or(spec.DeriveNames(want.Pool, want.Region))
	if want.Cluster != "" {
		return nil
	}
	cluster, err := t.searchCluster(ctx)
	want.Cluster = cmp.Or(cluster, "default")
	return err
}

// readPool returns nil when there is no such pool, or when there is no server to ask.
func (t *Teardown) readPool(ctx context.Context) (*workPool, error) {
	if t.opts.Clients.Prefect == nil {
		return nil, nil
	}
	pool := &workPool{w: t.w}
	err := pool.find(ctx)
	if t.opts.KeepPool && errors.Is(err, prefect.ErrUnreachable) {
		t.Warnings = append(t.Warnings,
			"the Prefect server cannot be reached: only AWS is searched, by the names given or derived")
		t.opts.Clients.Prefect = nil
		return nil, nil
	}
	if err != nil {
		return nil, hintKeepPool(err)
	}
	if pool.found == nil {
		return nil, nil
	}
	return pool, nil
}

func poolCluster(template *poolTemplate) string {
	var name string
	_ = json.Unmarshal(template.defaultOf("cluster"), &name) // another type of value names no cluster
	return name
}

// searchCluster looks for the pool's service in every cluster, for a pool that is gone. Without one it is
// the cluster with the pool's tag.
func (t *Teardown) searchCluster(ctx context.Context) (string, error) {
	var with, all []string
	pages := ecs.NewListClustersPaginator(t.w.aws.ECS, &ecs.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", explain("list the clusters", err)
		}
		if len(page.ClusterArns) == 0 {
			continue
		}
		all = append(all, page.ClusterArns...)
		if with, err = t.w.clustersWithService(ctx, page.ClusterArns, with); err != nil {
			return "", err
		}
	}
	if len(with) == 0 {
		tagged, err := t.w.ownClusters(ctx, all)
		if err != nil && !awserr.Denied(err) { // who only looks has no need of it
			return "", err
		}
		with = tagged
	}
	if len(with) > 0 {
		return shortName(with[0]), nil
	}
	return "", nil
}

// clustersWithService adds those of the clusters to the list in which the pool's service is.
func (w *world) clustersWithService(ctx context.Context, clusters, list []string) ([]string, error) {
	found := make([]bool, len(clusters))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i, cluster := range clusters {
		group.Go(func() error {
			in := &world{spec: w.spec, aws: w.aws}
			in.spec.Cluster = cluster
			s := &service{w: in}
			err := s.find(ctx)
			found[i] = s.owned()
			return err
		})
	}
	err := group.Wait()
	for i, cluster := range clusters {
		if found[i] {
			list = append(list, cluster)
		}
	}
	return list, err
}

// ownClusters are those of the clusters that have the pool's tag.
func (w *world) ownClusters(ctx context.Context, clusters []string) (own []string, err error) {
	for some := range slices.Chunk(clusters, describeClustersMax) {
		out, err := w.aws.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{
			Clusters: some, Include: []ecstypes.ClusterField{ecstypes.ClusterFieldTags},
		})
		if err != nil {
			return own, explain("read the clusters", err)
		}
		for _, c := range out.Clusters {
			if aws.ToString(c.Status) != "INACTIVE" && w.owns(TagMap(c.Tags, ecsTagPair)) {
				own = append(own, aws.ToString(c.ClusterArn))
			}
		}
	}
	return own, nil
}

// ownSecurityGroups finds the groups made for the pool in any VPC: the user may have
// moved to another one.
func (w *world) ownSecurityGroups(ctx context.Context) ([]removable, error) {
	var out []removable
	pages := ec2.NewDescribeSecurityGroupsPaginator(w.aws.EC2, &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{filter("tag:"+TagPool, spec.PoolTag(w.spec.Pool, w.spec.Region))},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("read the security groups", err)
		}
		for _, found := range page.SecurityGroups {
			if group := (&securityGroup{w: w, found: &found}); group.owned() { // an emulator may not know the filter
				out = append(out, group)
			}
		}
	}
	return out, nil
}

// runningTask is a flow run that runs as a task of the pool.
type runningTask struct{ arn, name, networkInterface string }

// The tags that ECS workers put on the tasks they start (prefect/workers/base.py).
const (
	tagWorkPoolName = "prefect.io/work-pool-name"
	tagFlowRunName  = "prefect.io/flow-run-name"
)

func (w *world) runningTasks(ctx context.Context) ([]runningTask, error) {
	tasks, err := FlowRunTasks(ctx, w.aws, w.spec.Cluster, w.spec.Pool)
	var out []runningTask
	for _, task := range tasks {
		out = append(out, runningTask{aws.ToString(task.TaskArn), flowRunName(task), networkInterface(task)})
	}
	return out, err
}

// networkInterface is the id of a task's own interface; "" while it has none.
func networkInterface(task ecstypes.Task) string {
	for _, a := range task.Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == "networkInterfaceId" {
				return aws.ToString(d.Value)
			}
		}
	}
	return ""
}

// FlowRunTasks are the tasks of the pool's flow runs that are to run, with their tags, in the
// order of their ARNs. A cluster that does not exist has none.
func FlowRunTasks(ctx context.Context, c *Clients, cluster, pool string) ([]ecstypes.Task, error) {
	w := &world{spec: spec.Spec{Cluster: cluster}, aws: c}
	all, err := w.tasks(ctx, ecs.ListTasksInput{DesiredStatus: ecstypes.DesiredStatusRunning})
	var missing *ecstypes.ClusterNotFoundException
	if errors.As(err, &missing) {
		return nil, nil
	}
	out := slices.DeleteFunc(all, func(task ecstypes.Task) bool { return !isFlowRunOf(task, pool) })
	slices.SortFunc(out, func(a, b ecstypes.Task) int {
		return strings.Compare(aws.ToString(a.TaskArn), aws.ToString(b.TaskArn))
	})
	return out, err
}

// isFlowRunOf reports whether a task is a flow run of the pool.
func isFlowRunOf(task ecstypes.Task, pool string) bool {
	return TagMap(task.Tags, ecsTagPair)[tagWorkPoolName] == pool &&
		!strings.HasPrefix(aws.ToString(task.Group), "service:")
}

// flowRunName is the name of the flow run that a task runs, or else the task's id.
func flowRunName(task ecstypes.Task) string {
	return cmp.Or(TagMap(task.Tags, ecsTagPair)[tagFlowRunName], shortName(aws.ToString(task.TaskArn)))
}
