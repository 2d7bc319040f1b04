package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
)

func (m *managedProvider) apply(ctx context.Context) (string, error) {
	if _, err := m.w.network.get(ctx); err != nil {
		return "", err
	}
	if m.found != nil && m.owned() && (m.leaving() || m.failed()) {
		if err := m.delete(ctx); err != nil {
			return "", err
		}
	}
	if m.found == nil {
		if err := m.create(ctx); err != nil {
			return "", err
		}
	}
	if err := m.settle(ctx); err != nil {
		return "", err
	}
	arn := aws.ToString(m.found.CapacityProviderArn)
	if !m.owned() {
		return arn, m.check()
	}
	if err := m.update(ctx); err != nil {
		return arn, err
	}
	return arn, m.w.tagECS(ctx, arn, m.tags())
}

// create makes it, for as long as IAM does not show ECS the roles that were just made.
func (m *managedProvider) create(ctx context.Context) error {
	t := m.template()
	in := &ecs.CreateCapacityProviderInput{
		Name: aws.String(m.name()), Cluster: aws.String(m.w.spec.Cluster), Tags: ecsTags(m.w.wantedTags()),
		ManagedInstancesProvider: &types.CreateManagedInstancesProviderConfiguration{
			InfrastructureRoleArn: aws.String(m.infrastructureRole()), InstanceLaunchTemplate: t,
			PropagateTags: types.PropagateMITagsCapacityProvider,
		},
	}
	err := m.w.insist(ctx, notYet, func() error {
		_, err := m.w.aws.ECS.CreateCapacityProvider(ctx, in)
		return err
	})
	found := m.find(ctx)
	switch {
	case found != nil:
		return found
	case err != nil && m.found != nil: // another bootstrap was faster
		return nil
	case err != nil:
		return explain("create the capacity provider", err)
	}
	return m.w.await(ctx, m.find, func() bool { return m.found != nil })
}

// notYet reports whether ECS refuses a call for what it will see in a moment.
func notYet(err error) bool {
	api, _ := awserr.Answer(err)
	return refusesRole(err) || unseenGroup(err) ||
		awserr.HasCode(err, "ClientException", "InvalidParameterException") &&
			strings.Contains(strings.ToLower(api.ErrorMessage()), "instance profile")
}

// settle waits until ECS has done what it was told.
func (m *managedProvider) settle(ctx context.Context) error {
	looked := false
	return m.w.until(ctx, func() (waiting, err error) {
		if looked {
			err = m.find(ctx)
		}
		looked = true
		switch {
		case err != nil:
			return nil, err
		case m.found == nil:
			return nil, errors.New("it was deleted by somebody else at the same time: run the command again")
		case m.failed():
			return nil, m.refused()
		case m.found.Status == types.CapacityProviderStatusActive &&
			m.found.UpdateStatus != types.CapacityProviderUpdateStatusUpdateInProgress:
			return nil, nil
		}
		return fmt.Errorf("the capacity provider still is %s", m.found.Status), nil
	})
}

// update changes what new instances are like; those that are there stay as they are until ECS replaces them.
func (m *managedProvider) update(ctx context.Context) error {
	if len(m.fields()) == 0 {
		return nil
	}
	t := m.template()
	if t.InstanceRequirements == nil {
		t.InstanceRequirements = anyInstance() // what is left out would stay
	}
	in := &ecs.UpdateCapacityProviderInput{
		Name: aws.String(m.name()), Cluster: aws.String(m.w.spec.Cluster),
		ManagedInstancesProvider: &types.UpdateManagedInstancesProviderConfiguration{
			InfrastructureRoleArn: aws.String(m.infrastructureRole()),
			PropagateTags:         types.PropagateMITagsCapacityProvider,
			InstanceLaunchTemplate: &types.InstanceLaunchTemplateUpdate{
				Ec2InstanceProfileArn: t.Ec2InstanceProfileArn, NetworkConfiguration: t.NetworkConfiguration,
				InstanceRequirements: t.InstanceRequirements, StorageConfiguration: t.StorageConfiguration,
			},
		},
	}
	busy := func(err error) bool { return notYet(err) || awserr.HasCode(err, "UpdateInProgressException") }
	err := m.w.insist(ctx, busy, func() error {
		_, err := m.w.aws.ECS.UpdateCapacityProvider(ctx, in)
		return err
	})
	if err != nil {
		return explain("change the capacity provider", err)
	}
	if err := m.find(ctx); err != nil {
		return err
	}
	if err := m.settle(ctx); err != nil {
		return err
	}
	if m.found.UpdateStatus == types.CapacityProviderUpdateStatusUpdateFailed {
		return m.refused()
	}
	return nil
}

// refused is why ECS, which has taken a call, did not do what it was told.
func (m *managedProvider) refused() error {
	return fmt.Errorf("ECS could not make it as wanted (%s): %s", m.found.UpdateStatus,
		aws.ToString(m.found.UpdateStatusReason))
}

func (m *managedProvider) remove() Change {
	c := Change{Kind: KindCapacityProvider, Name: m.name(), Action: Delete}
	switch {
	case m.found == nil:
		c.Action = None
		return c
	case !m.owned():
		c.Action, c.Reason = Leave, notOurs
	}
	c.ID = aws.ToString(m.found.CapacityProviderArn)
	return c
}

// delete waits for the instances to end, and before that for tasks to leave them: until then ECS takes the call and
// answers that it failed. The context has the limit.
func (m *managedProvider) delete(ctx context.Context) error {
	if m.found == nil {
		return nil
	}
	var kept error
	return m.w.until(ctx, func() (waiting, err error) {
		if !m.leaving() {
			out, err := m.w.aws.ECS.DeleteCapacityProvider(ctx, &ecs.DeleteCapacityProviderInput{
				CapacityProvider: aws.String(m.name()), Cluster: aws.String(m.w.spec.Cluster)})
			if kept = keptProvider(out); err != nil {
				kept = err
			}
			if awserr.HasCode(err, "AccessDeniedException") {
				return nil, explain("delete the capacity provider", err)
			}
		}
		if err := m.find(ctx); err != nil || m.found == nil {
			return nil, err
		}
		return deletes(string(m.found.Status), kept), nil
	})
}

// deletes is what ECS is waited for after DeleteCapacityProvider.
func deletes(status string, kept error) error {
	what := "delete the capacity provider, which is " + status
	if kept == nil {
		return errors.New("failed to " + what)
	}
	return explain(what, kept)
}

// keptProvider is why ECS keeps a capacity provider that was to go.
func keptProvider(out *ecs.DeleteCapacityProviderOutput) error {
	if out == nil || out.CapacityProvider == nil ||
		out.CapacityProvider.UpdateStatus != types.CapacityProviderUpdateStatusDeleteFailed {
		return nil
	}
	return errors.New(aws.ToString(out.CapacityProvider.UpdateStatusReason))
}
