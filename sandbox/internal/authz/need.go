package authz

import (
	"maps"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/policy"
)

// need is one right that a call takes.
type need struct {
	action   string
	instead  string // an action that does as well; "" is none
	resource string // ARN, or "*"
	named    string // the resource as an error names it, where that is not its ARN
	context  policy.Context
	policy   *policy.Document // of the resource
}

// fact is something that a policy may ask about a request.
type fact func(policy.Context)

// on needs the operation's own action on a resource.
func (c *call) on(resource string, facts ...fact) need {
	return c.action(c.Service+":"+c.Request.Operation, resource, facts...)
}

func (c *call) action(action, resource string, facts ...fact) need {
	n := need{action: action, resource: resource, context: policy.Context{}}
	for _, f := range facts {
		f(n.context)
	}
	return n
}

// anything is for actions that AWS lets nobody limit to a resource.
func anything(c *call) []need { return []need{c.on("*")} }

// nothing is for operations that everybody may call.
func nothing(*call) []need { return nil }

// key is a condition key with its values; empty ones count as not there.
func key(name string, values ...string) fact {
	values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	return func(c policy.Context) { c.Set(name, values...) }
}

// requestTags are those that a request brings.
func requestTags(tags map[string]string) fact {
	return func(c policy.Context) {
		for k, v := range tags {
			c.Set("aws:RequestTag/"+k, v)
		}
		c.Set("aws:TagKeys", slices.Sorted(maps.Keys(tags))...)
	}
}

// tagKeys are those that a request takes away.
func tagKeys(keys []string) fact { return key("aws:TagKeys", keys...) }

// resourceTags are those that a resource has. services that know them under a name of
// their own as well are given as prefix ("ecs:").
func resourceTags(tags map[string]string, prefixes ...string) fact {
	return func(c policy.Context) {
		for k, v := range tags {
			for _, prefix := range append([]string{"aws:"}, prefixes...) {
				c.Set(prefix+"ResourceTag/"+k, v)
			}
		}
	}
}

func (a *Account) arn(service, resource string) string {
	return strings.Join([]string{"arn", a.Partition, service, a.Region, a.ID, resource}, ":")
}

// orARN is the reference if it is an ARN, and what make says otherwise.
func orARN(ref string, make func(name string) string) string {
	if strings.HasPrefix(ref, "arn:") {
		return ref
	}
	return make(ref)
}

// lastPart takes the name out of a name or an ARN or a URL.
func lastPart(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }
