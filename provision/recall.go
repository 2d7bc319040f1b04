package provision

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Recall returns the Spec with what an earlier bootstrap chose and nobody says anew:
// names and cluster as the pool remembers them, and network, size, runtime and image as
// the service has them where they are not the defaults. A plan made from it shows what
// has changed since, and not what the user once asked for. It goes on without a
// Prefect server that gives no answer.
func Recall(ctx context.Context, opts Options) (Spec, error) {
	clients := *opts.Clients
	opts.Clients = &clients
	t := &Teardown{opts: TeardownOptions{Options: opts}}
	err := t.discover(ctx)
	if err != nil && clients.Prefect != nil && ctx.Err() == nil {
		clients.Prefect = nil // what AWS knows is enough to go on with
		t = &Teardown{opts: TeardownOptions{Options: opts}}
		err = t.discover(ctx)
	}
	if err != nil {
		return opts.Spec, err
	}
	return t.w.recall(ctx, opts.Spec)
}

// recall has the discovered Spec in w and what the user said in said.
func (w *world) recall(ctx context.Context, said Spec) (Spec, error) {
	if names := w.chosenNames(); names != nil {
		said.Names = *names
	}
	if w.spec.Cluster != "default" {
		said.Cluster = w.spec.Cluster
	}
	s := &service{w: w}
	if err := s.find(ctx); err != nil || !s.owned() {
		return said, err
	}
	if err := w.recallNetwork(ctx, s, &said); err != nil {
		return said, err
	}
	definition, _, err := (&taskDefinition{w: w}).describe(ctx, aws.ToString(s.found.TaskDefinition))
	if err == nil && definition != nil {
		recallWorker(contentOf(definition), &said)
	}
	return said, err
}

// recallNetwork looks at the service's network; what the defaults come to is left out.
func (w *world) recallNetwork(ctx context.Context, s *service, said *Spec) error {
	has := contentOfService(s.found, w.spec)
	n := &said.Network
	if n.VPC == "" && len(n.Subnets) == 0 {
		finder := &networkFinder{api: w.aws.EC2, want: *n}
		chosen, err := finder.get(ctx)
		if err != nil || !slices.Equal(chosen.subnetIDs(), has.Subnets) {
			n.Subnets = has.Subnets // also when no default can be chosen any more
		} else if n.AssignPublicIP == "" && string(publicIP(chosen.publicIP)) != has.AssignPublicIP {
			n.AssignPublicIP = strings.ToLower(has.AssignPublicIP)
		}
	}
	if len(n.SecurityGroups) > 0 || len(has.SecurityGroups) == 0 {
		return nil
	}
	out, err := w.aws.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{filter("group-id", has.SecurityGroups...)}})
	if err != nil {
		return explain("read the security groups of the service", err)
	}
	for _, found := range out.SecurityGroups {
		if group := (&securityGroup{w: w, found: &found}); !group.owned() {
			n.SecurityGroups = append(n.SecurityGroups, aws.ToString(found.GroupId))
		}
	}
	return nil
}

// recallWorker reads the worker's settings off its task definition.
func recallWorker(has taskContent, said *Spec) {
	defaults := Spec{}.WithDefaults().Worker
	worker := &said.Worker
	recallNumber(&worker.CPU, has.CPU, defaults.CPU)
	recallNumber(&worker.Memory, has.Memory, defaults.Memory)
	if len(has.Containers) == 0 {
		return
	}
	container := has.Containers[0]
	if worker.Architecture == "" && has.Architecture != "" && strings.ToLower(has.Architecture) != defaults.Architecture {
		worker.Architecture = strings.ToLower(has.Architecture)
	}
	if worker.Image == "" && !isOwnImage(container.Image) {
		worker.Image = container.Image
	}
}

func recallNumber(field *int, has string, usual int) {
	if n, err := strconv.Atoi(has); err == nil && *field == 0 && n != usual {
		*field = n
	}
}

// isOwnImage tells whether an image is one that bootstrap chooses by itself.
func isOwnImage(image string) bool {
	return slices.Contains([]string{prefect3Image, prefect2Image}, image)
}

// ExplainAWS turns an error of the AWS SDK into one sentence that says what could not be
// done and why, with hints. nil stays nil.
func ExplainAWS(doing string, err error) error { return explain(doing, err) }
