package spec

import (
	"fmt"
	"strings"

	"ecsctl/internal/hint"
)

// CheckOf refuses settings of a worker, which are those of the pool in Worker.Of where one is named.
func (s Spec) CheckOf() error {
	of := s.Worker.Of
	if of == "" {
		return nil
	}
	if of == s.Pool {
		return fmt.Errorf("worker-of %q: name the pool whose worker is to serve pool %q, too", of, s.Pool)
	}
	beside := s.ofWorker()
	if len(beside) == 0 {
		return nil
	}
	return hint.Add(fmt.Errorf("%s: pool %q has no worker of its own, it is served by that of pool %q",
		strings.Join(beside, ", "), s.Pool, of),
		fmt.Sprintf("leave out what is about the worker, or give it to `ecsctl bootstrap --pool %s`", of))
}

// ofWorker names the flags of a worker, and of what it shares with its flow runs, whose values are not the defaults.
// A binary is none: without an image it is not used.
func (s Spec) ofWorker() []string {
	w, n := s.Worker, s.Network
	usual := Spec{Pool: s.Pool, Region: s.Region}.WithDefaults()
	fitting := Spec{Worker: Worker{CPU: w.CPU}}.WithDefaults().Worker.Memory // what --cpu alone brings
	var out []string
	add := func(flag string, given bool) {
		if given {
			out = append(out, flag)
		}
	}
	add("runtime", w.Runtime != usual.Worker.Runtime)
	add("image", w.Image != "")
	add("cpu", w.CPU != usual.Worker.CPU)
	add("memory", w.Memory != fitting)
	add("architecture", w.Architecture != usual.Worker.Architecture)
	add("desired-count", w.DesiredCount != nil)
	add("work-queue", len(w.WorkQueues) > 0)
	add("limit", w.Limit != nil)
	add("spot-fallback", s.FallsBackFromSpot())
	add("execute-command", s.ExecutesCommands())
	add("worker-env", len(w.Env) > 0)
	add("stop-timeout", w.StopTimeout != 0)
	add("no-observer", !s.Observes())
	add("vpc", n.VPC != "")
	add("subnet", len(n.Subnets) > 0)
	add("security-group", len(n.SecurityGroups) > 0)
	add("assign-public-ip", n.AssignPublicIP != usual.Network.AssignPublicIP)
	add("prefect-api-key-secret", s.Prefect.APIKeySecret != "")
	return out
}

// TakeWorker puts the names of another pool's worker, and of what goes with it, in the place of its own.
func (n Names) TakeWorker(of Names) Names {
	n.ExecutionRole, n.WorkerRole, n.Family, n.Service = of.ExecutionRole, of.WorkerRole, of.Family, of.Service
	n.Secret, n.Repository, n.SecurityGroup = of.Secret, of.Repository, of.SecurityGroup
	n.Queue, n.DeadLetterQueue, n.Rule = of.Queue, of.DeadLetterQueue, of.Rule
	return n
}

// WithoutHosts leaves out the names that are those of the worker in Worker.Of, which a bootstrap finds out by itself.
func (s Spec) WithoutHosts() Spec {
	if s.Worker.Of != "" {
		s.Names = s.Names.TakeWorker(Names{})
	}
	return s
}
