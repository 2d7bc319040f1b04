package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/internal/denial"
	"ecsctl/provision"
)

// checkPermissions asks IAM itself what the caller may do. Its answer knows permissions
// boundaries and service control policies, and no session policies. It has one result for
// each action, or, as in former years, one for each action and resource.
func (d *doctor) checkPermissions(ctx context.Context) {
	if !d.needsAWS(checkPermissions) {
		return
	}
	if strings.HasSuffix(d.id.Caller, ":root") {
		d.warn(checkPermissions, "this is the account's root user, who may do everything", "work as a user or a role")
		return
	}
	principal, err := d.principal(ctx)
	if err != nil {
		d.skip(checkPermissions, err.Error())
		return
	}
	policy, err := d.BootstrapPolicy()
	if err != nil {
		d.failed(checkPermissions, err)
		return
	}
	denied, err := policy.Simulate(ctx, d.Clients, principal)
	if err != nil {
		d.skip(checkPermissions, provision.ExplainAWS("ask IAM what "+principal+" may do", err).Error()+
			": missing rights will show up during bootstrap")
		return
	}
	needed, spared := missingIn(policy, denied)
	if len(needed.actions) > 0 {
		fixes := needed.limits
		if len(needed.sids) > 0 {
			fixes = append([]string{fmt.Sprintf("ask for %s of `ecsctl policy bootstrap --pool %s`, or run as "+
				"somebody who may", strings.Join(needed.sids, ", "), cmp.Or(d.spec.Pool, "POOL"))}, fixes...)
		}
		d.fail(checkPermissions, principal+" may not do what bootstrap needs: "+strings.Join(needed.actions, ", "),
			strings.Join(fixes, "; "))
		return
	}
	reason := principal + " may do all that bootstrap does, says IAM"
	if len(spared.actions) > 0 {
		reason += "; it may not " + strings.Join(spared.actions, ", ") + ", which bootstrap rarely needs"
	}
	d.ok(checkPermissions, reason)
}

// BootstrapPolicy is what `ecsctl policy bootstrap` prints: the one list of what it needs.
func (d *doctor) BootstrapPolicy() (provision.Policy, error) {
	server := d.server
	if !d.answers && server.APIKey == "" {
		server.APIKey = "not known" // as in most places, workers will have one
	}
	return provision.NewPolicy(provision.PolicyBootstrap, d.spec, d.id, server)
}

// shortfall is what is missing: actions that are not allowed, the statements that would allow them, and what
// to do about those that no statement would allow, by the kind of policy.
type shortfall struct{ actions, sids, limits []string }

// missingIn sorts out what was denied, by statement, of a policy.
func missingIn(policy provision.Policy, denied [][]provision.Refused) (needed, spared shortfall) {
	forbidden, kinds := map[string][]string{}, []string{}
	for i, statement := range policy.Statements {
		into := &needed
		if statement.Optional {
			into = &spared
		}
		for _, refused := range denied[i] {
			if !slices.Contains(into.actions, refused.Action) {
				into.actions = append(into.actions, refused.Action)
			}
			if limit := refused.Limit; limit != "" && !statement.Optional {
				if forbidden[limit] == nil {
					kinds = append(kinds, limit)
				}
				if !slices.Contains(forbidden[limit], refused.Action) {
					forbidden[limit] = append(forbidden[limit], refused.Action)
				}
			}
		}
		if slices.ContainsFunc(denied[i], func(r provision.Refused) bool { return r.Limit == "" }) {
			into.sids = append(into.sids, statement.Sid)
		}
	}
	for _, limit := range kinds {
		advice := denial.Denial{Action: strings.Join(forbidden[limit], ", "), Limit: limit}.Advice()
		needed.limits = append(needed.limits, advice)
	}
	return needed, spared
}

// principal is the caller's ARN as IAM has it: that of a role in a path is not in that of
// its sessions.
func (d *doctor) principal(ctx context.Context) (string, error) {
	arn, roleName := d.id.IAMPrincipal()
	switch {
	case strings.Contains(arn, ":federated-user/"):
		return "", fmt.Errorf("IAM cannot say what the federated user %s may do", arn)
	case roleName == "":
		return arn, nil
	}
	out, err := d.Clients.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(roleName)})
	if err != nil {
		return arn, nil //nolint:nilerr // the derived ARN is right for all roles without a path
	}
	return aws.ToString(out.Role.Arn), nil
}
