package ecr

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// lifecyclePolicy is the text of PutLifecyclePolicy, as the page "Lifecycle policy
// properties in Amazon ECR" describes it.
type lifecyclePolicy struct {
	Rules []lifecycleRule `json:"rules"`
}

type lifecycleRule struct {
	RulePriority int    `json:"rulePriority"`
	Description  string `json:"description"`
	Selection    struct {
		TagStatus      string   `json:"tagStatus"`
		TagPrefixList  []string `json:"tagPrefixList"`
		TagPatternList []string `json:"tagPatternList"`
		CountType      string   `json:"countType"`
		CountUnit      string   `json:"countUnit"`
		CountNumber    int      `json:"countNumber"`
	} `json:"selection"`
	Action struct {
		Type string `json:"type"`
	} `json:"action"`
}

func checkLifecycle(text string) error {
	var policy lifecyclePolicy
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&policy); err != nil {
		return badLifecycle("%v", err)
	}
	if len(policy.Rules) == 0 {
		return badLifecycle("the policy has no rules")
	}
	seen := map[int]bool{}
	for _, rule := range policy.Rules {
		if seen[rule.RulePriority] {
			return badLifecycle("two rules have the rulePriority %d", rule.RulePriority)
		}
		seen[rule.RulePriority] = true
		if problem := rule.problem(); problem != "" {
			return badLifecycle("rule %d: %s", rule.RulePriority, problem)
		}
	}
	return nil
}

// problem is what is wrong with a rule, or "".
func (r lifecycleRule) problem() string {
	s := r.Selection
	named := len(s.TagPrefixList) + len(s.TagPatternList)
	switch {
	case r.RulePriority < 1:
		return "rulePriority must be at least 1"
	case !slices.Contains([]string{"tagged", "untagged", "any"}, s.TagStatus):
		return "tagStatus must be tagged, untagged or any"
	case s.TagStatus == "tagged" && named == 0:
		return "tagged needs a tagPrefixList or a tagPatternList"
	case s.TagStatus != "tagged" && named > 0:
		return "tagPrefixList and tagPatternList go with tagged alone"
	case s.CountNumber < 1:
		return "countNumber must be at least 1"
	case s.CountType == "imageCountMoreThan" && s.CountUnit != "":
		return "countUnit does not go with imageCountMoreThan"
	case s.CountType == "sinceImagePushed" && s.CountUnit != "days":
		return "countUnit must be days"
	case s.CountType != "imageCountMoreThan" && s.CountType != "sinceImagePushed":
		return "countType must be imageCountMoreThan or sinceImagePushed"
	case r.Action.Type != "expire":
		return "the action's type must be expire"
	default:
		return ""
	}
}

func badLifecycle(format string, args ...any) error {
	return invalid("LifecyclePolicyText", "Lifecycle policy validation failure: "+fmt.Sprintf(format, args...))
}
