package provision

import (
	"context"
	"errors"
	"fmt"
)

// RuntimeChoice is a program that can work on a pool.
type RuntimeChoice struct{ Name, About string }

// Runtimes are the programs there are, the default one first.
func Runtimes() []RuntimeChoice {
	return []RuntimeChoice{
		{RuntimeECSCTL, "ecsctl's own worker: small, and pushed from this machine"},
		{RuntimePrefect, "the official Python worker"},
	}
}

func runtimeNames() []string {
	var names []string
	for _, r := range Runtimes() {
		names = append(names, r.Name)
	}
	return names
}

// VPCOf is the VPC that a network means: the named one, that of its subnets, or the default one.
func VPCOf(ctx context.Context, c *Clients, network Network) (string, error) {
	return (&networkFinder{api: c.EC2, want: network}).vpc(ctx)
}

// CheckCluster checks a cluster's name or ARN, for which no call is needed.
func CheckCluster(nameOrARN string) error {
	if isARN(nameOrARN) {
		return errors.Join(checkARN("cluster", nameOrARN, "ecs", "cluster/")...)
	}
	if !ecsName.MatchString(nameOrARN) {
		return fmt.Errorf("cluster %q: AWS takes no such name (it must match %s)", nameOrARN, ecsName)
	}
	return nil
}
