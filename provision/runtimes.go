package provision

import (
	"context"
	"ecsctl/provision/spec"
	"errors"
	"fmt"
)

// VPCOf is the VPC that a network means: the named one, that of its subnets, or the default one.
func VPCOf(ctx context.Context, c *Clients, network spec.Network) (string, error) {
	return (&networkFinder{api: c.EC2, want: network}).vpc(ctx)
}

// CheckCluster checks a cluster's name or ARN, for which no call is needed.
func CheckCluster(nameOrARN string) error {
	if spec.IsARN(nameOrARN) {
		return errors.Join(spec.CheckARN("cluster", nameOrARN, "ecs", "cluster/")...)
	}
	if !spec.ECSName.MatchString(nameOrARN) {
		return fmt.Errorf("cluster %q: AWS does not allow this name (it must match %s)", nameOrARN, spec.ECSName)
	}
	return nil
}
