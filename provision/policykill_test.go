package provision_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/internal/testkit/wiretap"
	"ecsctl/sandbox"
)

const extraPolicy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

// extraIsAttached reports whether the flow runs' task role has the policy.
func (a *account) extraIsAttached() bool {
	a.t.Helper()
	out, err := a.source.IAM.ListAttachedRolePolicies(a.t.Context(),
		&iam.ListAttachedRolePoliciesInput{RoleName: aws.String("prefect-etl-eu-west-1-flow")})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, policy := range out.AttachedPolicies {
		if *policy.PolicyArn == extraPolicy {
			return true
		}
	}
	return false
}

// A bootstrap that attaches a policy to the flow runs' task role is killed before or after a write of
// policies or of the pool. Run again, and
// then without the policy, it takes the policy off, whether the pool was set up before or not.
func TestPolicyOfAKilledBootstrap(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*account){
		"a new pool": nothing, "a pool set up before": (*account).bootstrap,
	} {
		probe := newAccount(t, sandbox.Options{}, 3)
		prepare(probe)
		probe.spec.FlowRuns.PolicyARNs = []string{extraPolicy}
		probe.tap.Reset()
		probe.bootstrap()
		writes := slices.Clone(probe.tap.Writes())
		if !slices.Contains(writes, "iam:AttachRolePolicy") || !probe.extraIsAttached() {
			t.Fatalf("%s: nothing is attached: %q", name, writes)
		}
		count := map[string]int{}
		for _, operation := range writes {
			if operation != "iam:AttachRolePolicy" && !strings.HasPrefix(operation, "prefect:") {
				continue // what becomes of a kill there is in commands/kill_test.go
			}
			count[operation]++
			for _, after := range []bool{false, true} {
				at := wiretap.Moment{Operation: operation, N: count[operation], After: after}
				t.Run(fmt.Sprintf("%s, %s", name, at), func(t *testing.T) {
					t.Parallel()
					a := newAccount(t, sandbox.Options{}, 3)
					prepare(a)
					a.spec.FlowRuns.PolicyARNs = []string{extraPolicy}
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					a.tap.Kill(at, cancel)
					if err := a.try(ctx); err == nil {
						t.Fatal("it was not killed")
					}
					a.tap.Kill(wiretap.Moment{}, nil) // the next run is another process
					a.bootstrap()
					a.settled()
					if !a.extraIsAttached() {
						t.Error("the policy is not attached")
					}
					a.spec.FlowRuns.PolicyARNs = nil
					a.bootstrap()
					if a.extraIsAttached() {
						t.Error("the policy stays for ever")
					}
				})
			}
		}
	}
}
