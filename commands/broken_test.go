package commands_test

import "testing"

// brokenState is a way in which a pool that worked stops working, and what each command
// that can tell says first of it; "" where it has nothing to tell. What a command says
// fixes it is then done, and with that alone the command is content again.
type brokenState struct {
	name                         string
	breaks                       func(*brokenPool)
	status, doctor, verify, logs string
	// setting does what a fix says before its command, or where there is no command for it.
	setting func(*brokenPool)
}

// brokenStates are all of them, in one place.
var brokenStates = []brokenState{
	{
		name: "role deleted", breaks: func(p *brokenPool) { p.deleteWorkerRole() },
		status: `role: the worker's task role "prefect-etl-eu-west-1-worker" does not exist`,
		doctor: `the worker's task role "prefect-etl-eu-west-1-worker" does not exist`,
		verify: `the worker's task role "prefect-etl-eu-west-1-worker" does not exist`,
	},
	{
		name: "key revoked", breaks: func(p *brokenPool) { p.revokeKey() }, setting: func(p *brokenPool) {
			p.useNewKey()
		},
		status: "refused the API key (401)",
		doctor: "refused the API key (401)",
		verify: "refused the API key (401)",
	},
	{
		name: "no route out", breaks: func(p *brokenPool) { p.deleteRoute() }, setting: func(p *brokenPool) {
			p.createRoute()
		},
		status: "network: no way out of subnet-",
		doctor: "no way out of subnet-",
	},
	{
		name: "image missing", breaks: func(p *brokenPool) { p.nameWrongImage() },
		status: `image: image "example/typo:1" cannot be pulled: CannotPullContainerError`,
		verify: `image "example/typo:1" cannot be pulled: CannotPullContainerError`,
		doctor: `image "example/typo:1" cannot be pulled: CannotPullContainerError`,
		logs:   `image "example/typo:1" cannot be pulled: CannotPullContainerError`,
	},
	{
		name: "service at 0", breaks: func(p *brokenPool) { p.scale(0) },
		status: `service "prefect-worker-etl" is scaled to 0`,
		doctor: `service "prefect-worker-etl" is scaled to 0`,
		logs:   `service "prefect-worker-etl" is scaled to 0`,
		verify: `service "prefect-worker-etl" is scaled to 0`,
	},
	{
		name: "pool paused", breaks: func(p *brokenPool) { p.pause("/work_pools/etl") },
		status: `work-pool: work pool "etl" is paused`,
		doctor: `"etl" is paused`,
		verify: `work pool "etl" is paused`,
	},
	{
		name: "queue paused", breaks: func(p *brokenPool) { p.pause("/work_pools/etl/queues/default") },
		status: `work-queue: work queue "default" of pool "etl" is paused`,
		doctor: `work queue "default" of pool "etl" is paused`,
		verify: `work queue "default" is paused`,
	},
	{
		name: "quota reached", breaks: func(p *brokenPool) { p.reachQuota() }, setting: func(p *brokenPool) {
			p.raiseQuota()
		},
		status: "service: the account's quota of vCPUs or tasks on Fargate is used up",
		doctor: "1 of 1 vCPUs are in use",
		verify: "the account's quota of vCPUs or tasks on Fargate is used up",
	},
	{
		name: "task stuck in PENDING", breaks: func(p *brokenPool) { p.getStuck() },
		status: `task: the worker's task `,
		doctor: `the worker's task `,
		verify: `the worker's task `,
	},
	{
		name: "worker crash-looping", breaks: func(p *brokenPool) { p.crash() },
		setting: func(p *brokenPool) { p.heal() },
		status:  "worker: the worker keeps stopping: exit code 3, its last log line: no such table: dragons",
		doctor:  "the worker keeps stopping: exit code 3, its last log line: no such table: dragons",
		verify:  "the worker keeps stopping: exit code 3, its last log line: no such table: dragons",
		logs:    "no such table: dragons",
	},
	{
		name: "secret deleted", breaks: func(p *brokenPool) { p.deleteSecret() },
		status: `secret: secret "prefect/etl/api-key" with the API key does not exist`,
		doctor: `secret "prefect/etl/api-key", which the worker reads its API key from, is gone`,
		verify: `secret "prefect/etl/api-key" with the API key does not exist`,
	},
	{
		name: "cluster gone", breaks: func(p *brokenPool) { p.deleteCluster() },
		status: `cluster: cluster "default" does not exist`,
		doctor: `cluster "default" does not exist`,
		logs:   `cluster "default" does not exist`,
		verify: `cluster "default" does not exist`,
	},
	{
		name: "log group deleted", breaks: func(p *brokenPool) {
			p.aws("logs", "DeleteLogGroup", "LogGroupName: /ecs/prefect/etl")
		},
		status: `service: log group "/ecs/prefect/etl" does not exist`,
		doctor: `log group "/ecs/prefect/etl" does not exist`,
		logs:   `log group "/ecs/prefect/etl", or the stream in it, does not exist`,
	},
}

// In each state each command that can tell names the cause first and what fixes it, and
// when that is done it is content.
func TestBrokenStates(t *testing.T) {
	t.Parallel()
	for _, state := range brokenStates {
		t.Run(state.name, func(t *testing.T) {
			t.Parallel()
			p := newBrokenPool(t)
			for _, c := range []struct {
				command brokenCommand
				says    string
			}{{statusCommand, state.status}, {doctorCommand, state.doctor}, {verifyCommand, state.verify},
				{logsCommand, state.logs}} {
				if c.says == "" {
					continue
				}
				state.breaks(p)
				fix := p.await(c.command, c.says)
				if state.setting != nil {
					state.setting(p)
				}
				p.fix(fix, state.setting != nil)
				p.await(c.command, "")
				p.await(statusCommand, "")
			}
		})
	}
}
