package wizard

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ecsctl/commands/wizard/prompt"
	"ecsctl/internal/awserr"
	"ecsctl/internal/english"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// guidePool is the name in Prefect's ECS Worker Guide.
const guidePool = "my-ecs-pool"

// ECSPoolType is Prefect's type of work pools for ECS.
const ECSPoolType = "ecs"

// wizardSteps are all questions in their order; the wizard leaves out what was given.
func wizardSteps() []step {
	return []step{
		regionStep(), serverStep(), credentialsStep(), poolStep(), clusterStep(), vpcStep(), subnetsStep(),
		securityGroupStep(),
		runtimeStep(), binaryStep(), architectureStep(), sizeStep(), replicasStep(), retentionStep(),
		capacityStep(), providerStep(), instancesStep(),
	}
}

func poolStep() step {
	return step{title: "Work pool", given: func(w *wizard) bool { return w.spec.Pool != "" }, ask: askPool}
}

func askPool(ctx context.Context, w *wizard) (string, error) {
	pools, err := look(ctx, w, "the work pools", w.api.WorkPools)
	if err != nil && !errors.Is(err, prefect.ErrUnauthorized) {
		return "", err
	}
	name := prompt.Question{
		Title: "Name of the new work pool", Help: "Deployments name it, and everything in AWS is named after it.",
		Default: []string{freeName(pools)},
		Check:   func(v []string) error { return checkNewPool(v[0], pools) },
	}
	if w.spec.Pool != "" && !slices.ContainsFunc(pools, func(p prefect.WorkPool) bool {
		return p.Name == w.spec.Pool
	}) {
		name.Default = []string{w.spec.Pool}
	}
	value, err := w.choosePool(ctx, pools, name)
	if err != nil {
		return "", err
	}
	return value, w.takePool(ctx, value, pools)
}

// choosePool asks for one of the pools of type ecs or a new name; where there are none,
// for the name alone.
func (w *wizard) choosePool(ctx context.Context, pools []prefect.WorkPool, name prompt.Question) (string, error) {
	q := prompt.Question{Title: "Prefect work pool", Default: []string{otherValue},
		Options: []prompt.Option{{Label: "a new one", Value: otherValue}}}
	for _, p := range pools {
		if p.Type != ECSPoolType {
			continue
		}
		about := "exists; its defaults will be set"
		if provision.SetUpHere(&p, w.identity) {
			about = "set up by ecsctl: everything " + asItIsNow
			if w.spec.Pool == "" && q.Default[0] == otherValue {
				q.Default = []string{p.Name} // not a second one that costs money
			}
		}
		q.Options = append(q.Options, prompt.Option{Label: p.Name + "  " + about, Value: p.Name})
		if p.Name == w.spec.Pool {
			q.Default = []string{p.Name}
		}
	}
	if len(q.Options) == 1 {
		return w.ask(ctx, name)
	}
	return w.choose(ctx, choice{Question: q, Other: name})
}

func freeName(pools []prefect.WorkPool) string {
	name := guidePool
	for n := 2; slices.ContainsFunc(pools, func(p prefect.WorkPool) bool { return p.Name == name }); n++ {
		name = fmt.Sprintf("%s-%d", guidePool, n)
	}
	return name
}

func checkNewPool(name string, pools []prefect.WorkPool) error {
	for _, p := range pools {
		if p.Name == name && p.Type != ECSPoolType {
			return fmt.Errorf("there is a pool %q of type %s: take another name", name, p.Type)
		}
	}
	return spec.Spec{Pool: name}.CheckPool()
}

const defaultCluster = "default"

func clusterStep() step {
	return step{title: "Cluster", given: func(w *wizard) bool { return w.spec.Cluster != "" }, ask: askCluster}
}

func askCluster(ctx context.Context, w *wizard) (string, error) {
	clusters, err := look(ctx, w, "the clusters", func(ctx context.Context) ([]provision.ClusterChoice, error) {
		return provision.Clusters(ctx, w.connection.Clients)
	})
	if err != nil && !awserr.Denied(err) {
		return "", err
	}
	current := defaultCluster
	if w.spec.Cluster != "" {
		current = w.spec.Cluster
	}
	other := prompt.Question{
		Title: "Name of the cluster", Help: "It is created when it does not exist.", Default: []string{current},
		Check: func(v []string) error { return provision.CheckCluster(v[0]) },
	}
	var name string
	if err != nil {
		other.Help = denied("the clusters") + other.Help
		name, err = w.ask(ctx, other)
	} else {
		name, err = w.choose(ctx, choice{Question: clusterList(clusters, current), Other: other})
	}
	if err != nil {
		return "", err
	}
	w.spec.Cluster = unless(name, defaultCluster)
	return name, nil
}

func clusterList(clusters []provision.ClusterChoice, current string) prompt.Question {
	q := prompt.Question{Title: "ECS cluster",
		Help:    "The cluster that the worker and your flow runs use. A cluster costs nothing by itself.",
		Default: []string{current}}
	if !slices.ContainsFunc(clusters, func(c provision.ClusterChoice) bool { return c.Name == defaultCluster }) {
		q.Options = append(q.Options, prompt.Option{Label: defaultCluster + "  will be created", Value: defaultCluster})
	}
	for _, c := range clusters {
		label := fmt.Sprintf("%s  exists, %s, %s", c.Name, english.Count(c.Services, "service"),
			english.Count(c.Tasks, "running task"))
		q.Options = append(q.Options, prompt.Option{Label: label, Value: c.Name})
	}
	if !slices.ContainsFunc(q.Options, func(o prompt.Option) bool { return o.Value == current }) {
		q.Options = append(q.Options, prompt.Option{Label: current + "  will be created", Value: current})
	}
	q.Options = append(q.Options, prompt.Option{Label: "another one", Value: otherValue})
	return q
}

// unless is the value, or nothing when it is what ecsctl would take anyway.
func unless[T comparable](value, def T) T {
	if value == def {
		var zero T
		return zero
	}
	return value
}
