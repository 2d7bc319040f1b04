package denial_test

import (
	"testing"

	"ecsctl/internal/denial"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]denial.Denial{
		"User: arn:aws:iam::1:user/u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/r " +
			"because no identity-based policy allows the iam:PassRole action": {
			Action: "iam:PassRole", Resource: "arn:aws:iam::1:role/r"},
		"You are not authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to perform: " +
			"ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action": {
			Action: "ec2:DescribeVpcs"},
		"User: arn:aws:iam::1:user/u is not authorized to perform: secretsmanager:DescribeSecret on resource: " +
			"prefect/etl/api-key because": {Action: "secretsmanager:DescribeSecret"},
		"User: arn:aws:iam::1:user/u is not authorized to perform: ecs:ListClusters on resource: * " +
			"because": {Action: "ecs:ListClusters"},
		"You are not authorized to perform this operation.": {
			Action: "ecs:Call"},
		"User: arn:aws:iam::1:user/u is not authorized to perform: ecs:CreateCluster on resource: * with an explicit " +
			"deny in a service control policy": {Action: "ecs:CreateCluster", Limit: denial.ServiceControl},
		"User: arn:aws:iam::1:user/u is not authorized to perform: ecs:CreateCluster with an explicit deny in a " +
			"service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1": {
			Action: "ecs:CreateCluster", Limit: denial.ServiceControl},
		"User: arn:aws:iam::1:user/u is not authorized to perform: ecs:CreateCluster because no service control " +
			"policy allows the ecs:CreateCluster action": {Action: "ecs:CreateCluster", Limit: denial.ServiceControl},
		"User: arn:aws:iam::1:user/u is not authorized to perform: iam:CreateRole because no permissions boundary " +
			"allows the iam:CreateRole action": {Action: "iam:CreateRole", Limit: denial.Boundary},
		"User: arn:aws:iam::1:user/u is not authorized to perform: iam:CreateRole with an explicit deny in a session " +
			"policy": {
			Action: "iam:CreateRole", Limit: denial.Session},
		"User: arn:aws:iam::1:user/u is not authorized to perform: iam:CreateRole with an explicit deny in an " +
			"identity-based policy": {Action: "iam:CreateRole", Limit: "identity-based policy"},
		"User: arn:aws:iam::1:user/u is not authorized to perform: s3:PutObject because no resource-based policy " +
			"allows the s3:PutObject action": {Action: "s3:PutObject"},
	} {
		if got := denial.Parse(message, "ecs:Call"); got != want {
			t.Errorf("%q: got %+v, want %+v", message, got, want)
		}
	}
}

func TestIsCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"AccessDenied": true, "AccessDeniedException": true, "UnauthorizedOperation": true,
		"ThrottlingException": false, "": false,
	} {
		if denial.IsCode(code) != want {
			t.Errorf("%q: got %v", code, !want)
		}
	}
}
