package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ecsctl/provision/spec"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// chosen is the part of the Spec that a pool's marker remembers as choices: what differs
// from the defaults and what nobody could name from what AWS has. Names and cluster have
// their own place in the marker.
func (w *world) chosen() spec.Spec {
	s := w.spec
	usual := spec.Spec{Pool: s.Pool, Region: s.Region, Worker: spec.Worker{Runtime: s.Worker.Runtime}}.WithDefaults()
	c := spec.Spec{
		Network: sortedNetwork(s.Network), Worker: s.Worker, Roles: s.Roles, Observer: s.Observer,
		LogRetentionDays: s.LogRetentionDays, Tags: s.Tags, ContainerInsights: s.ContainerInsights,
		FlowRuns: spec.FlowRuns{ExecutionRole: s.FlowRuns.ExecutionRole, TaskRole: s.FlowRuns.TaskRole,
			Families: s.FlowRuns.Families, Logs: s.FlowRuns.Logs, Repository: s.FlowRuns.Repository,
			BundleStorage: s.FlowRuns.BundleStorage, PolicyARNs: s.FlowRuns.PolicyARNs,
			JobVariables: s.FlowRuns.JobVariables, Capacity: s.FlowRuns.Capacity,
			CapacityProvider: s.FlowRuns.CapacityProvider, Instances: s.FlowRuns.Instances.Sorted()},
		Prefect: spec.Prefect{APIKeySecret: s.Prefect.APIKeySecret},
	}
	forget(&c.Network.AssignPublicIP, usual.Network.AssignPublicIP)
	forget(&c.Worker.Runtime, spec.DefaultRuntime)
	forget(&c.Worker.CPU, usual.Worker.CPU)
	forget(&c.Worker.Memory, usual.Worker.Memory)
	forget(&c.Worker.Architecture, usual.Worker.Architecture)
	forget(&c.LogRetentionDays, usual.LogRetentionDays)
	c.Worker.Binary = ""   // a file of one machine; its content is in the image
	c.Worker.LogGroup = "" // has its own place in the marker
	if s.Worker.Of != "" { // the rest is what that pool's worker has
		c.Worker, c.Network, c.Observer = spec.Worker{Of: s.Worker.Of}, spec.Network{}, nil
		c.Prefect.APIKeySecret = ""
	}
	if !s.ExecutesCommands() {
		c.Worker.ExecuteCommand = nil
	}
	if !s.FallsBackFromSpot() {
		c.Worker.SpotFallback = nil
	}
	if s.Observes() {
		c.Observer = nil
	}
	if s.FlowRunLogs() {
		c.FlowRuns.Logs = nil
	}
	if s.MakesFlowRepository() {
		c.FlowRuns.Repository = nil
	}
	return c
}

// sortedNetwork has what are sets in order.
func sortedNetwork(n spec.Network) spec.Network {
	n.Subnets, n.SecurityGroups = slices.Sorted(slices.Values(n.Subnets)),
		slices.Sorted(slices.Values(n.SecurityGroups))
	return n
}

// forget empties a field that has its usual value.
func forget[T comparable](field *T, usual T) {
	if *field == usual {
		*field = *new(T)
	}
}

// choicesToRemember are those of the Spec, and those from before that a Spec without them
// leaves as they are: a boundary, a path, tags, bundle storage, Container Insights and the number of workers.
func (p *workPool) choicesToRemember() *spec.Spec {
	now := p.w.chosen()
	if before := p.template.marker.Choices; before != nil {
		orPointer(&now.Worker.DesiredCount, before.Worker.DesiredCount)
		now.ContainerInsights = cmp.Or(now.ContainerInsights, before.ContainerInsights)
		now.Roles.Boundary = cmp.Or(now.Roles.Boundary, before.Roles.Boundary)
		now.Roles.Path = cmp.Or(now.Roles.Path, before.Roles.Path)
		now.FlowRuns.BundleStorage = now.FlowRuns.BundleStorage || before.FlowRuns.BundleStorage
		if now.Tags == nil {
			now.Tags = before.Tags
		}
	}
	if len(compare("", now, spec.Spec{})) == 0 {
		return nil
	}
	return &now
}

// forgottenChoices warns of what an earlier bootstrap chose and this one takes back.
func (p *workPool) forgottenChoices() []string {
	before := p.template.marker.Choices
	if before == nil || p.w.recalled {
		return nil
	}
	now := p.choicesToRemember()
	if now == nil {
		now = &spec.Spec{}
	}
	var gone []string
	for _, f := range compare("", before, now) {
		if f.After == "" {
			gone = append(gone, f.Path+" "+f.Before)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("an earlier bootstrap chose %s, and this one does not: what is not named again "+
		"becomes the default", strings.Join(gone, ", "))}
}

// recallChoices adds what the pool remembers as chosen where nothing is said now.
func (w *world) recallChoices(said *spec.Spec) {
	c := w.remembered.Choices
	if c == nil {
		return
	}
	if n := &said.Network; n.VPC == "" && len(n.Subnets) == 0 {
		n.VPC, n.Subnets = c.Network.VPC, c.Network.Subnets
	}
	orList(&said.Network.SecurityGroups, c.Network.SecurityGroups)
	said.Network.AssignPublicIP = cmp.Or(said.Network.AssignPublicIP, c.Network.AssignPublicIP)
	recallChosenWorker(&said.Worker, c.Worker)
	said.Roles.Boundary = cmp.Or(said.Roles.Boundary, c.Roles.Boundary)
	said.Roles.Path = cmp.Or(said.Roles.Path, c.Roles.Path)
	said.FlowRuns.ExecutionRole = cmp.Or(said.FlowRuns.ExecutionRole, c.FlowRuns.ExecutionRole)
	said.FlowRuns.TaskRole = cmp.Or(said.FlowRuns.TaskRole, c.FlowRuns.TaskRole)
	orList(&said.FlowRuns.Families, c.FlowRuns.Families)
	orList(&said.FlowRuns.PolicyARNs, c.FlowRuns.PolicyARNs)
	if len(said.FlowRuns.JobVariables) == 0 {
		said.FlowRuns.JobVariables = c.FlowRuns.JobVariables
	}
	recallCapacity(&said.FlowRuns, c.FlowRuns)
	orPointer(&said.FlowRuns.Logs, c.FlowRuns.Logs)
	orPointer(&said.FlowRuns.Repository, c.FlowRuns.Repository)
	said.FlowRuns.BundleStorage = said.FlowRuns.BundleStorage || c.FlowRuns.BundleStorage
	said.Prefect.APIKeySecret = cmp.Or(said.Prefect.APIKeySecret, c.Prefect.APIKeySecret)
	orPointer(&said.Observer, c.Observer)
	said.ContainerInsights = cmp.Or(said.ContainerInsights, c.ContainerInsights)
	said.LogRetentionDays = cmp.Or(said.LogRetentionDays, c.LogRetentionDays)
	if said.Tags == nil {
		said.Tags = c.Tags
	}
}

// recallCapacity takes a capacity with its provider, unless another or a launch type is said.
func recallCapacity(said *spec.FlowRuns, c spec.FlowRuns) {
	if said.LaunchType == "" && (said.Capacity == "" || said.Capacity == c.Capacity) {
		said.Capacity, said.CapacityProvider = c.Capacity, cmp.Or(said.CapacityProvider, c.CapacityProvider)
		if said.Instances.IsZero() {
			said.Instances = c.Instances
		}
	}
}

func recallChosenWorker(said *spec.Worker, c spec.Worker) {
	said.Of = cmp.Or(said.Of, c.Of)
	orList(&said.WorkQueues, c.WorkQueues)
	orPointer(&said.Limit, c.Limit)
	orPointer(&said.ExecuteCommand, c.ExecuteCommand)
	if len(said.Env) == 0 {
		said.Env = c.Env
	}
	said.StopTimeout = cmp.Or(said.StopTimeout, c.StopTimeout)
	runtime := c.Runtime
	runtime = cmp.Or(runtime, spec.DefaultRuntime)
	if said.Runtime != "" && said.Runtime != runtime {
		return // the rest is of the other runtime
	}
	said.Runtime = c.Runtime
	orPointer(&said.SpotFallback, c.SpotFallback)
	said.Image = cmp.Or(said.Image, c.Image)
	said.Architecture = cmp.Or(said.Architecture, c.Architecture)
	said.CPU = cmp.Or(said.CPU, c.CPU)
	said.Memory = cmp.Or(said.Memory, c.Memory)
}

// recallUnremembered reads off AWS what markers of older versions do not have, and what no
// marker says when the pool cannot be read. Tags, families and how roles are made are not
// to be told from what others have done.
func (w *world) recallUnremembered(ctx context.Context, s *service, has taskContent, said *spec.Spec) error {
	if w.remembered.Version >= markerVersion {
		return nil
	}
	if s.found.EnableExecuteCommand {
		orPointer(&said.Worker.ExecuteCommand, aws.Bool(true))
	}
	container := has.Containers[0]
	orList(&said.Worker.WorkQueues, optionsIn(container.Command, "--work-queue"))
	if limits := optionsIn(container.Command, "--limit"); len(limits) > 0 {
		if n, err := strconv.Atoi(limits[0]); err == nil {
			orPointer(&said.Worker.Limit, &n)
		}
	}
	if from := container.Secrets["PREFECT_API_KEY"]; from != "" && !w.spec.OwnSecret(from) {
		said.Prefect.APIKeySecret = cmp.Or(said.Prefect.APIKeySecret, from)
	}
	if container.observesNothing() {
		orPointer(&said.Observer, aws.Bool(false))
	}
	group := &logGroup{w: w}
	if err := group.find(ctx); err != nil {
		return err
	}
	if usual := (spec.Spec{}).WithDefaults().LogRetentionDays; group.owned() && group.found.retention > 0 &&
		group.found.retention != usual {
		said.LogRetentionDays = cmp.Or(said.LogRetentionDays, group.found.retention)
	}
	return nil
}

// observesNothing reports whether a worker was set up without a queue, where the official
// worker for Prefect 2 has no say in it.
func (c containerContent) observesNothing() bool {
	if slices.Equal(c.EntryPoint, []string{binaryInImage}) {
		return c.Environment[observerQueueVariable] == ""
	}
	return c.Environment[observerSettingsPrefix+"ENABLED"] == "false"
}

// optionsIn are the values that follow an option among a command's words.
func optionsIn(command []string, option string) []string {
	var out []string
	for i, word := range command {
		if word == option && i+1 < len(command) {
			out = append(out, command[i+1])
		} else if value, ok := strings.CutPrefix(word, option+"="); ok {
			out = append(out, value)
		}
	}
	return out
}

func orPointer[T any](field **T, fallback *T) {
	if *field == nil {
		*field = fallback
	}
}

func orList[T any](field *[]T, fallback []T) {
	if len(*field) == 0 {
		*field = fallback
	}
}
