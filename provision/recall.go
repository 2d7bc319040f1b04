package provision

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"ecsctl/internal/fargate"
	"ecsctl/internal/poolplace"
	"ecsctl/provision/spec"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"
)

// Recalled is what is known of an earlier bootstrap.
type Recalled struct {
	Spec spec.Spec // without defaults
	// Image is what the service's tasks run; "" without a service.
	Image string
	// Known: the server has the pool, or AWS something of it. Without a server it is taken for true.
	Known bool
}

// Recall returns the Spec with what an earlier bootstrap chose and nobody says anew:
// what the pool remembers, and then network, size, runtime and image as the service has
// them where they are not the defaults. A plan made from it shows what has changed since,
// and a command made from it takes no choice back. It goes on without a Prefect server
// that gives no answer.
func Recall(ctx context.Context, opts Options) (Recalled, error) {
	w, err := rediscover(ctx, opts)
	if err != nil {
		return Recalled{}, err
	}
	out, err := w.recall(ctx, opts.Spec)
	return out, w.nameStatements(opts.policy(), err)
}

// RecallNames is Recall for who needs the names and the cluster alone: it asks AWS for
// nothing where the pool remembers them.
func RecallNames(ctx context.Context, opts Options) (spec.Spec, error) {
	w, err := rediscover(ctx, opts)
	if err != nil {
		return spec.Spec{}, err
	}
	return w.recallNames(opts.Spec), nil
}

// rediscover finds out the names and the cluster of an earlier bootstrap.
func rediscover(ctx context.Context, opts Options) (*world, error) {
	clients := *opts.Clients
	opts.Clients = &clients
	t := &Teardown{opts: TeardownOptions{Options: opts}}
	err := t.discover(ctx)
	var elsewhere *poolplace.ElsewhereError
	if err != nil && clients.Prefect != nil && ctx.Err() == nil && !errors.As(err, &elsewhere) {
		clients.Prefect = nil // what AWS knows is enough to go on with
		t = &Teardown{opts: TeardownOptions{Options: opts}}
		err = t.discover(ctx)
	}
	return t.w, t.w.nameStatements(opts.policy(), err)
}

// recallNames has the discovered Spec in w and what the user said in said.
func (w *world) recallNames(said spec.Spec) spec.Spec {
	if names := w.chosenNames(); names != nil {
		said.Names = *names
	}
	if w.spec.Cluster != "default" {
		said.Cluster = w.spec.Cluster
	}
	said.Worker.LogGroup = w.remembered.WorkerLogs
	return said
}

// recall adds to the names what the service has.
func (w *world) recall(ctx context.Context, said spec.Spec) (out Recalled, err error) {
	out.Spec = w.recallNames(said)
	w.recallChoices(&out.Spec)
	s := &service{w: w}
	finder := w.usualNetwork(ctx, out.Spec)
	err = s.find(ctx)
	out.Known = w.onServer || w.aws.Prefect == nil || s.owned() || err != nil || w.hasLeftovers(ctx)
	if err != nil || !s.owned() {
		if c := w.remembered.Choices; err == nil && c != nil {
			orPointer(&out.Spec.Worker.DesiredCount, c.Worker.DesiredCount) // one that is there keeps its own
		}
		return out, err
	}
	var definition *ecstypes.TaskDefinition
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.recallNetwork(gctx, s, finder, &out.Spec) })
	group.Go(func() (err error) {
		definition, _, err = (&taskDefinition{w: w}).describe(gctx, aws.ToString(s.found.TaskDefinition))
		return err
	})
	err = group.Wait()
	if err != nil || definition == nil || len(definition.ContainerDefinitions) == 0 {
		return out, err
	}
	has := contentOf(definition)
	out.Image = has.Containers[0].Image
	w.recallWorker(has, &out.Spec.Worker)
	return out, w.recallUnremembered(ctx, s, has, &out.Spec)
}

// usualNetwork begins to look for the network that a bootstrap would choose, which takes its time; nil where one was
// named.
func (w *world) usualNetwork(ctx context.Context, s spec.Spec) *networkFinder {
	n := s.Network
	if n.VPC != "" || len(n.Subnets) > 0 {
		return nil
	}
	finder := &networkFinder{api: w.aws.EC2, want: n, private: s.FlowRuns.ManagesInstances()}
	go func() { _, _ = finder.get(ctx) }()
	return finder
}

// recallNetwork looks at the service's network; what the defaults come to is left out.
func (w *world) recallNetwork(ctx context.Context, s *service, finder *networkFinder, said *spec.Spec) error {
	has := contentOfService(s.found, w.spec)
	n := &said.Network
	var groups *ec2.DescribeSecurityGroupsOutput
	var unread error
	read := make(chan struct{})
	go func() {
		defer close(read)
		if len(n.SecurityGroups) == 0 && len(has.SecurityGroups) > 0 {
			groups, unread = w.aws.EC2.DescribeSecurityGroups(ctx,
				&ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{filter("group-id", has.SecurityGroups...)}})
		}
	}()
	if finder != nil {
		chosen, err := finder.get(ctx)
		if err != nil || !slices.Equal(chosen.subnetIDs(), has.Subnets) {
			n.Subnets = has.Subnets // also when no default can be chosen any more
		} else if n.AssignPublicIP == "" && string(publicIP(chosen.publicIP)) != has.AssignPublicIP {
			n.AssignPublicIP = strings.ToLower(has.AssignPublicIP)
		}
	}
	<-read
	if unread != nil {
		return explain("read the security groups of the service", unread)
	}
	if groups == nil {
		return nil
	}
	for _, found := range groups.SecurityGroups {
		named := slices.Contains(has.SecurityGroups, aws.ToString(found.GroupId)) // an emulator may not know the filter
		if group := (&securityGroup{w: w, found: &found}); named && !group.owned() {
			n.SecurityGroups = append(n.SecurityGroups, aws.ToString(found.GroupId))
		}
	}
	return nil
}

// recallWorker reads the worker's settings off its task definition.
func (w *world) recallWorker(has taskContent, worker *spec.Worker) {
	container := has.Containers[0]
	runtime := spec.RuntimePrefect
	if slices.Equal(container.EntryPoint, []string{binaryInImage}) {
		runtime = spec.RuntimeECSCTL
	}
	if worker.Runtime == "" && runtime != spec.DefaultRuntime {
		worker.Runtime = runtime
	}
	if worker.Runtime != "" && worker.Runtime != runtime {
		return // the rest is of the other runtime
	}
	cpu, memory := spec.DefaultSize(runtime)
	recallNumber(&worker.CPU, has.CPU, cpu)
	recallNumber(&worker.Memory, has.Memory, memory)
	if arm := strings.EqualFold(has.Architecture, fargate.ArchitectureARM); arm && worker.Architecture == "" {
		worker.Architecture = fargate.ArchitectureARM
	}
	if worker.Image == "" && !w.isOwnImage(container.Image) {
		worker.Image = container.Image
	}
}

func recallNumber(field *int, has string, usual int) {
	if n, err := strconv.Atoi(has); err == nil && *field == 0 && n != usual {
		*field = n
	}
}

// isOwnImage reports whether an image is one that bootstrap makes or chooses by itself.
func (w *world) isOwnImage(image string) bool {
	return slices.Contains([]string{prefect3Image, prefect2Image}, image) ||
		strings.Contains(image, "/"+w.spec.Names.Repository+"@")
}

// ExplainAWS turns an error of the AWS SDK into one sentence that says what could not be
// done and why, with hints. nil stays nil.
func ExplainAWS(doing string, err error) error { return explain(doing, err) }
