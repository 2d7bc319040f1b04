package status

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/fargate"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// Pool is what is known of a pool that ecsctl bootstrapped.
type Pool struct {
	// Name is the tag's value: the pool's name, or its slug where AWS takes no such name.
	Name    string `json:"name"`
	Version string `json:"version"` // of the ecsctl that made it
	Cluster string `json:"cluster,omitempty"`
	Service string `json:"service,omitempty"` // "" when something is left, but no service
	Desired int32  `json:"desired"`
	Running int32  `json:"running"`
	// Month is what the desired workers and the pool's secrets cost a month in US dollars; nil where it cannot be told.
	Month *float64 `json:"month,omitempty"`
	// WorkerOf is the pool whose worker serves this one; "" for a worker of its own.
	WorkerOf string `json:"workerOf,omitempty"`
	// Prefect is the pool's status on the server at hand, "not found", or "" when no server was asked.
	Prefect string `json:"prefect,omitempty"`

	reads []string // the secrets that its containers read
}

// List finds the pools by the tag ecsctl:pool on services, security groups and secrets, in
// the account and region of the clients. With a Prefect client it asks for their status. A
// pool with several services, as pools of one name on two Prefect servers are, is there
// once for each.
func List(ctx context.Context, c *provision.Clients) ([]Pool, error) {
	l := lister{clients: c, secret: map[string]bool{}}
	group, gctx := errgroup.WithContext(ctx)
	for _, find := range []func(context.Context) error{l.services, l.securityGroups, l.secrets} {
		group.Go(func() error { return find(gctx) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	out := l.pools()
	if c.Prefect == nil {
		return out, nil
	}
	return out, askPrefect(ctx, c.Prefect, out)
}

type lister struct {
	clients *provision.Clients

	mu       sync.Mutex
	serviced []Pool
	rest     []Pool          // of things other than services
	secret   map[string]bool // the ARNs of secrets that are ours
}

// found notes something with these tags where it is ours: a service, or with nil something
// else of a pool.
func (l *lister) found(tags map[string]string, service *Pool) {
	named := Pool{Name: tags[provision.TagPool], Version: tags[provision.TagVersion]}
	if named.Name == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if service == nil {
		l.rest = append(l.rest, named)
		return
	}
	service.Name, service.Version = named.Name, named.Version
	l.serviced = append(l.serviced, *service)
}

// pools are the services, and once each pool that has none.
func (l *lister) pools() []Pool {
	out := l.serviced
	for i := range out {
		if out[i].Month != nil {
			*out[i].Month += fargate.SecretPrice * float64(l.ourSecrets(out[i].reads))
		}
	}
	for _, left := range l.rest {
		if !slices.ContainsFunc(out, func(p Pool) bool { return p.Name == left.Name }) {
			out = append(out, left)
		}
	}
	slices.SortFunc(out, func(a, b Pool) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Service, b.Service))
	})
	return out
}

// ourSecrets counts those that bootstrap made: others cost their owners the same without the pool.
func (l *lister) ourSecrets(read []string) (n int) {
	for _, secret := range read {
		if l.secret[secret] {
			n++
		}
	}
	return n
}

func (l *lister) services(ctx context.Context) error {
	pages := ecs.NewListClustersPaginator(l.clients.ECS, &ecs.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return provision.ExplainAWS("list the clusters", err)
		}
		group, gctx := errgroup.WithContext(ctx)
		group.SetLimit(8)
		for _, cluster := range page.ClusterArns {
			group.Go(func() error { return l.servicesOf(gctx, cluster) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// describeServicesAtOnce is how many DescribeServices takes (API_DescribeServices), and so
// what a page of ListServices is to hold.
const describeServicesAtOnce = 10

func (l *lister) servicesOf(ctx context.Context, cluster string) error {
	var priced sync.WaitGroup // their task definitions are read at the same time
	defer priced.Wait()
	pages := ecs.NewListServicesPaginator(l.clients.ECS, &ecs.ListServicesInput{
		Cluster: &cluster, MaxResults: aws.Int32(describeServicesAtOnce),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return provision.ExplainAWS("list the services", err)
		}
		if len(page.ServiceArns) == 0 {
			continue
		}
		out, err := l.clients.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{
			Cluster: &cluster, Services: page.ServiceArns, Include: []types.ServiceField{types.ServiceFieldTags},
		})
		if err != nil {
			return provision.ExplainAWS("read the services", err)
		}
		for _, s := range out.Services {
			if aws.ToString(s.Status) == "INACTIVE" {
				continue
			}
			tags := provision.TagMap(s.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
			if tags[provision.TagPool] == "" {
				continue
			}
			priced.Go(func() { l.service(ctx, tags, &s) })
		}
	}
	return nil
}

// service notes a service, and each pool that its worker serves beside the one whose service it is: what the worker
// costs is in the line of that one.
func (l *lister) service(ctx context.Context, tags map[string]string, s *types.Service) {
	pool := Pool{
		Cluster: ShortName(aws.ToString(s.ClusterArn)), Service: aws.ToString(s.ServiceName),
		Desired: s.DesiredCount, Running: s.RunningCount,
	}
	definition := l.definition(ctx, s)
	if definition == nil {
		l.found(tags, &pool)
		return
	}
	own := pool
	own.Month, own.reads = month(s, definition), secretsOf(definition)
	l.found(tags, &own)
	pool.WorkerOf = own.Name
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, pool.Name = range provision.ServedPools(definition) {
		l.serviced = append(l.serviced, pool)
	}
}

// definition is the service's task definition; nil for who may not read it, who sees the rest.
func (l *lister) definition(ctx context.Context, service *types.Service) *types.TaskDefinition {
	out, err := l.clients.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: service.TaskDefinition,
	})
	if err != nil {
		return nil
	}
	return out.TaskDefinition
}

func (l *lister) securityGroups(ctx context.Context) error {
	pages := ec2.NewDescribeSecurityGroupsPaginator(l.clients.EC2, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("tag-key"), Values: []string{provision.TagPool}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return provision.ExplainAWS("list the security groups", err)
		}
		for _, g := range page.SecurityGroups {
			l.found(provision.TagMap(g.Tags, func(t ec2types.Tag) (key, value *string) { return t.Key, t.Value }), nil)
		}
	}
	return nil
}

// secrets are searched by the tag's key: ListSecrets compares its beginning.
func (l *lister) secrets(ctx context.Context) error {
	pages := secretsmanager.NewListSecretsPaginator(l.clients.Secrets, &secretsmanager.ListSecretsInput{
		Filters: []secrettypes.Filter{{Key: secrettypes.FilterNameStringTypeTagKey,
			Values: []string{provision.TagPool}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return provision.ExplainAWS("list the secrets", err)
		}
		for _, s := range page.SecretList {
			l.mu.Lock()
			l.secret[aws.ToString(s.ARN)] = true
			l.mu.Unlock()
			l.found(provision.TagMap(s.Tags, func(t secrettypes.Tag) (key, value *string) { return t.Key, t.Value }),
				nil)
		}
	}
	return nil
}

// notFound is the status of a pool that the server does not have.
const notFound = "not found"

// askPrefect fills in what the server says of each pool. A name that is a slug is no pool's.
func askPrefect(ctx context.Context, api *prefect.Client, pools []Pool) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range pools {
		group.Go(func() error {
			pool, err := api.ReadWorkPool(ctx, pools[i].Name)
			switch {
			case errors.Is(err, prefect.ErrNotFound):
				pools[i].Prefect = notFound
			case err != nil:
				return err
			case pool.IsPaused:
				pools[i].Prefect = "PAUSED"
			default:
				pools[i].Prefect = strings.ToUpper(pool.Status)
			}
			return nil
		})
	}
	return group.Wait()
}
