package provision

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/denial"
	"ecsctl/templates"
)

// atOnce is how many questions IAM is asked at the same time.
const atOnce = 12

// Refused is an action that IAM says a principal may not do, and the kind of policy that no other can
// overrule, if one of that kind is why (denial.Denial).
type Refused struct{ Action, Limit string }

// Simulate asks IAM whether the principal may do what the policy allows. The
// result has the actions that it may not do, for each statement.
func (p Policy) Simulate(ctx context.Context, c *Clients, principal string) ([][]Refused, error) {
	denied := make([][]Refused, len(p.Statements))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, statement := range p.Statements {
		group.Go(func() (err error) {
			denied[i], err = simulateStatement(ctx, c, principal, statement)
			return err
		})
	}
	return denied, group.Wait()
}

func simulateStatement(ctx context.Context, c *Clients, principal string,
	s templates.Statement) (denied []Refused, err error) {
	for _, q := range questionsOf(s) {
		var missing []Refused
		for i, resources := range q.resources {
			in := &iam.SimulatePrincipalPolicyInput{
				PolicySourceArn: aws.String(principal), ActionNames: q.actions, ResourceArns: resources,
				ContextEntries: contextOf(s),
			}
			refused, err := simulate(ctx, c, in)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				missing = refused
			}
			missing = slices.DeleteFunc(missing, func(r Refused) bool { return !contains(refused, r.Action) })
		}
		denied = append(denied, missing...)
	}
	return denied, nil
}

// simulate returns the actions that are not allowed on each of the resources.
func simulate(ctx context.Context, c *Clients, in *iam.SimulatePrincipalPolicyInput) ([]Refused, error) {
	var denied []Refused
	pages := iam.NewSimulatePrincipalPolicyPaginator(c.IAM, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, result := range page.EvaluationResults {
			action := aws.ToString(result.EvalActionName)
			if result.EvalDecision != types.PolicyEvaluationDecisionTypeAllowed && !contains(denied, action) {
				denied = append(denied, Refused{action, limitOf(result)})
			}
		}
	}
	return denied, nil
}

func contains(list []Refused, action string) bool {
	return slices.ContainsFunc(list, func(r Refused) bool { return r.Action == action })
}

// limitOf is the kind of policy behind a refusal that no policy of the principal's can overrule.
func limitOf(result types.EvaluationResult) string {
	organization, boundary := result.OrganizationsDecisionDetail, result.PermissionsBoundaryDecisionDetail
	switch {
	case organization != nil && !organization.AllowedByOrganizations:
		return denial.ServiceControl
	case boundary != nil && !boundary.AllowedByPermissionsBoundary:
		return denial.Boundary
	case result.EvalDecision == types.PolicyEvaluationDecisionTypeExplicitDeny:
		return denial.Identity
	}
	return ""
}

// question is about actions of one service. One of the sets of resources is enough.
type question struct {
	actions   []string
	resources [][]string
}

// questionsOf are those that find out whether all of a statement is allowed.
func questionsOf(s templates.Statement) []question {
	var out []question
	for _, action := range s.Action {
		service, _, _ := strings.Cut(action, ":")
		i := slices.IndexFunc(out, func(q question) bool { return strings.HasPrefix(q.actions[0], service+":") })
		if i < 0 {
			i, out = len(out), append(out, question{resources: alternatives(resourcesOf(service, s.Resource))})
		}
		out[i].actions = append(out[i].actions, action)
	}
	return out
}

// resourcesOf are those that a service's actions are about.
func resourcesOf(service string, all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(r string) bool {
		parts := strings.SplitN(r, ":", 4) // arn:PARTITION:SERVICE:...
		return len(parts) == 4 && parts[2] != service
	})
}

// Endings of ARNs that policies name beside the plain one, since AWS authorises some
// actions by the one and some by the other (docs/aws-notes.md), and what stands for them.
const (
	groupContent, secretSuffix, someSuffix = ":*", "-??????", "-AbCdEf"
)

// alternatives are the resources as they are, or in two sets when some are there in two forms.
func alternatives(resources []string) [][]string {
	var plain, long []string
	for _, r := range resources {
		stem := strings.TrimSuffix(strings.TrimSuffix(r, groupContent), secretSuffix)
		isPlain := slices.Contains(resources, r+groupContent) || slices.Contains(resources, r+secretSuffix)
		isLong := stem != r && slices.Contains(resources, stem)
		some := strings.Replace(r, secretSuffix, someSuffix, 1)
		if !isLong {
			plain = append(plain, some)
		}
		if !isPlain {
			long = append(long, some)
		}
	}
	if slices.Equal(plain, long) {
		return [][]string{plain}
	}
	return [][]string{plain, long}
}

// contextOf is what a request has that meets a statement's conditions.
func contextOf(s templates.Statement) []types.ContextEntry {
	var entries []types.ContextEntry
	for operator, keys := range s.Condition {
		if operator == "Null" || strings.Contains(operator, "Not") {
			continue // what is refused is not asked for, and a key that has to be there is in another condition
		}
		kind := types.ContextKeyTypeEnumString
		if strings.HasPrefix(operator, "ForAllValues:") || strings.HasPrefix(operator, "ForAnyValue:") {
			kind = types.ContextKeyTypeEnumStringList
		}
		for key, values := range keys {
			entries = append(entries, types.ContextEntry{
				ContextKeyName: aws.String(key), ContextKeyType: kind, ContextKeyValues: values[:1],
			})
		}
	}
	return entries
}
