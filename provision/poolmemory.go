package provision

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"

	"ecsctl/internal/buildinfo"
	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
)

// remember is the pool's marker with where the service is, what it is called, and what
// else was chosen.
func (p *workPool) remember() poolMarker {
	w, m := p.w, p.template.marker
	m.Choices = p.choicesToRemember()
	m.Version, m.Names, m.Cluster = markerVersion, w.chosenNames(), shortName(w.spec.Cluster)
	m.Account, m.Region = w.id.Account, w.spec.Region
	m.StorageBefore, m.Attached = p.storageBefore(), w.attached()
	m.ECSCTL = p.newestVersion()
	m.Serves, m.WorkerLogs = w.serves, w.spec.Worker.LogGroup
	return m
}

// newestVersion is that of this ecsctl where it is a release's or made of a commit, else what the pool has.
func (p *workPool) newestVersion() string {
	if !semver.IsValid(p.w.version) {
		return p.template.marker.ECSCTL
	}
	return p.w.version
}

// checkVersion refuses to set up with an older ecsctl what a newer one has made: it would take back what it
// does not know.
func (p *workPool) checkVersion() error {
	by := p.template.marker.ECSCTL
	if p.w.recalled || !buildinfo.Newer(by, p.w.version) {
		return nil
	}
	return hint.Add(fmt.Errorf("work pool %q was set up by ecsctl %s, and this is the older %s: it would take back "+
		"what it does not know", p.w.spec.Pool, by, p.w.version), fmt.Sprintf("install ecsctl %s or newer", by))
}

// checkRemembered refuses another place, cluster or name than the pool remembers: what was
// made under the old ones would go on running, forgotten by teardown.
func (p *workPool) checkRemembered() error {
	m, want := p.template.marker, p.w.spec
	if m.Version == 0 {
		return nil
	}
	if err := errors.Join(CheckPlace(p.found, p.w.id), p.checkVersion()); err != nil {
		return err
	}
	var was, flags []string
	differs := func(what, flag, before, now string) {
		if before != "" && before != now {
			was, flags = append(was, what+" "+before), append(flags, "--"+flag+" "+before)
		}
	}
	before := spec.DeriveNames(want.Pool, want.Region)
	if m.Names != nil {
		before = *m.Names
	}
	n := want.Names
	if comes := p.w.host != nil && m.of() == ""; comes { // the worker that the pool had is gone: checkNoOwnWorker
		before = before.TakeWorker(n)
	} else {
		differs("cluster", "cluster", m.Cluster, shortName(want.Cluster))
	}
	differs("execution role", "execution-role", before.ExecutionRole, n.ExecutionRole)
	differs("worker role", "worker-role", before.WorkerRole, n.WorkerRole)
	differs("flow role", "flow-role", before.FlowRole, n.FlowRole)
	differs("flow execution role", "flow-execution-role", before.FlowExecutionRole, n.FlowExecutionRole)
	differs("infrastructure role", "infrastructure-role", before.InfrastructureRole, n.InfrastructureRole)
	differs("instance role", "instance-role", before.InstanceRole, n.InstanceRole)
	differs("capacity provider", "capacity-provider-name", before.CapacityProvider, n.CapacityProvider)
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
	differs("bucket", "bucket-name", before.Bucket, n.Bucket)
	if len(was) == 0 {
		return nil
	}
	err := fmt.Errorf("work pool %q was set up with %s, which another name would leave behind", want.Pool,
		strings.Join(was, ", "))
	return hint.Add(err, "name it again with "+strings.Join(flags, " "),
		fmt.Sprintf("or run `ecsctl teardown --pool %s` first", want.Pool))
}
