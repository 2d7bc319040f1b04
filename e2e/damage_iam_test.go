//go:build e2e

package e2e

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// roleDamages are those done in IAM, to each of the two roles.
var roleDamages = []damage{
	{name: "execution role's trust changed", do: onRole((*world).executionRole, changeTrust),
		plan: []string{"execution-role update"}},
	{name: "execution role's managed policy detached", do: onRole((*world).executionRole, detachManaged),
		plan: []string{"execution-role update"}},
	{name: "execution role's inline policy changed", do: onRole((*world).executionRole, changeInline),
		plan: []string{"execution-role update"}},
	{name: "execution role's inline policy deleted", do: onRole((*world).executionRole, deleteInline),
		plan: []string{"execution-role update"}},
	{name: "execution role deleted", do: onRole((*world).executionRole, deleteRole),
		plan: []string{"execution-role create"}},
	{name: "worker role's trust changed", do: onRole((*world).workerRole, changeTrust),
		plan: []string{"worker-role update"}},
	{name: "worker role's inline policy changed", do: onRole((*world).workerRole, changeInline),
		plan: []string{"worker-role update"}},
	{name: "worker role's inline policy deleted", do: onRole((*world).workerRole, deleteInline),
		plan: []string{"worker-role update"}},
	{name: "worker role deleted", do: onRole((*world).workerRole, deleteRole), plan: []string{"worker-role create"}},
}

func onRole(name func(*world) *string, do func(w *world, role *string) error) func(*world) error {
	return func(w *world) error { return do(w, name(w)) }
}

// changeTrust takes away a condition or adds a stranger, but leaves ECS trusted: a
// role of ours that someone opened further.
func changeTrust(w *world, role *string) error {
	const opened = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com","ec2.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`
	_, err := w.source.IAM.UpdateAssumeRolePolicy(w.t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: role, PolicyDocument: aws.String(opened),
	})
	return err
}

func detachManaged(w *world, role *string) error {
	attached, err := w.source.IAM.ListAttachedRolePolicies(w.t.Context(),
		&iam.ListAttachedRolePoliciesInput{RoleName: role})
	if err != nil {
		return err
	}
	for _, policy := range attached.AttachedPolicies {
		_, err := w.source.IAM.DetachRolePolicy(w.t.Context(), &iam.DetachRolePolicyInput{
			RoleName: role, PolicyArn: policy.PolicyArn,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachInline calls do with the name of each inline policy of a role.
func (w *world) eachInline(role *string, do func(policy string) error) error {
	list, err := w.source.IAM.ListRolePolicies(w.t.Context(), &iam.ListRolePoliciesInput{RoleName: role})
	if err != nil {
		return err
	}
	for _, policy := range list.PolicyNames {
		if err := do(policy); err != nil {
			return err
		}
	}
	return nil
}

func changeInline(w *world, role *string) error {
	const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	return w.eachInline(role, func(policy string) error {
		_, err := w.source.IAM.PutRolePolicy(w.t.Context(), &iam.PutRolePolicyInput{
			RoleName: role, PolicyName: &policy, PolicyDocument: aws.String(everything),
		})
		return err
	})
}

func deleteInline(w *world, role *string) error {
	return w.eachInline(role, func(policy string) error {
		_, err := w.source.IAM.DeleteRolePolicy(w.t.Context(), &iam.DeleteRolePolicyInput{
			RoleName: role, PolicyName: &policy,
		})
		return err
	})
}

func deleteRole(w *world, role *string) error {
	if err := detachManaged(w, role); err != nil {
		return err
	}
	if err := deleteInline(w, role); err != nil {
		return err
	}
	_, err := w.source.IAM.DeleteRole(w.t.Context(), &iam.DeleteRoleInput{RoleName: role})
	return err
}
