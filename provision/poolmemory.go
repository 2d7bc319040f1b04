package provision

import (
	"fmt"
	"strings"

	"ecsctl/internal/hint"
)

// remember writes into a pool's marker where the service is and what it is called.
func (w *world) remember(m poolMarker) poolMarker {
	m.Version, m.Names, m.Region, m.Cluster = 1, w.chosenNames(), w.spec.Region, shortName(w.spec.Cluster)
	return m
}

// checkRemembered refuses another region, cluster or name than the pool remembers:
// what was made under the old ones would go on running, forgotten by teardown.
func (p *workPool) checkRemembered() error {
	m, spec := p.template.marker, p.w.spec
	if m.Version == 0 {
		return nil
	}
	var was, flags []string
	differs := func(what, flag, before, now string) {
		if before != "" && before != now {
			was, flags = append(was, what+" "+before), append(flags, "--"+flag+" "+before)
		}
	}
	differs("region", "region", m.Region, spec.Region)
	differs("cluster", "cluster", m.Cluster, shortName(spec.Cluster))
	before := deriveNames(spec.Pool, spec.Region)
	if m.Names != nil {
		before = *m.Names
	}
	if m.Region == "" || m.Region == spec.Region {
		n := spec.Names
		differs("execution role", "execution-role", before.ExecutionRole, n.ExecutionRole)
		differs("worker role", "worker-role", before.WorkerRole, n.WorkerRole)
		differs("flow role", "flow-role", before.FlowRole, n.FlowRole)
		differs("task definition family", "family", before.Family, n.Family)
		differs("service", "service-name", before.Service, n.Service)
		differs("secret", "secret-name", before.Secret, n.Secret)
		differs("log group", "log-group", before.LogGroup, n.LogGroup)
		differs("repository", "repository-name", before.Repository, n.Repository)
		differs("repository of flows", "flow-repository-name", before.FlowRepository, n.FlowRepository)
		differs("security group", "security-group-name", before.SecurityGroup, n.SecurityGroup)
		differs("queue", "queue-name", before.Queue, n.Queue)
		differs("dead-letter queue", "dead-letter-queue-name", before.DeadLetterQueue, n.DeadLetterQueue)
		differs("event rule", "rule-name", before.Rule, n.Rule)
	}
	if len(was) == 0 {
		return nil
	}
	err := fmt.Errorf("work pool %q was set up with %s, which another name would leave behind", spec.Pool, strings.Join(was, ", "))
	return hint.Add(err, "name it again with "+strings.Join(flags, " "), fmt.Sprintf("or run `ecsctl teardown --pool %s` first", spec.Pool))
}
