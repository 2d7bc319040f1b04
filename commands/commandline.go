package commands

import (
	"strconv"
	"strings"

	"ecsctl/internal/shellword"
	"ecsctl/provision"
)

// commandLine is the command that does without questions what the Spec says, for a shell.
func commandLine(spec provision.Spec) string {
	words := []string{"ecsctl", "bootstrap"}
	add := func(flag string, values ...string) {
		for _, value := range values {
			if value != "" && value != "0" {
				words = append(words, "--"+flag, shellword.Quote(value))
			}
		}
	}
	n, w := spec.Names, spec.Worker
	add("pool", spec.Pool)
	add("region", spec.Region)
	add("profile", spec.Profile)
	add("cluster", spec.Cluster)
	add("vpc", spec.Network.VPC)
	add("subnet", spec.Network.Subnets...)
	add("security-group", spec.Network.SecurityGroups...)
	add("assign-public-ip", spec.Network.AssignPublicIP)
	add("runtime", w.Runtime)
	add("image", w.Image)
	add("cpu", strconv.Itoa(w.CPU))
	add("memory", strconv.Itoa(w.Memory))
	add("architecture", w.Architecture)
	if w.DesiredCount != nil {
		words = append(words, "--desired-count", strconv.Itoa(*w.DesiredCount))
	}
	add("work-queue", w.WorkQueues...)
	add("execution-role", n.ExecutionRole)
	add("worker-role", n.WorkerRole)
	add("family", n.Family)
	add("service-name", n.Service)
	add("secret-name", n.Secret)
	add("log-group", n.LogGroup)
	add("security-group-name", n.SecurityGroup)
	add("queue-name", n.Queue)
	add("dead-letter-queue-name", n.DeadLetterQueue)
	add("rule-name", n.Rule)
	add("repository-name", n.Repository)
	return strings.Join(append(words, "--yes"), " ")
}
