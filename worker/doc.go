// Package worker is the daemon that launches the flow runs of a work pool of type ecs
// as ECS tasks, as the official worker does (prefect 3.8.8 with prefect-aws 0.7.12,
// prefect 2.20.26 with 0.4.20).
//
// A run goes through named stages, each in a file of its own:
//
//	heartbeat  the pool as the server has it, and a sign of life
//	channel    the same over a websocket, where the server has one
//	poll       which runs are due, and which of them have a place
//	claim      Pending: ours, or another's
//	resolve    flow, deployment, blocks and variables -> jobtemplate.Job
//	register   the task definition, reused by content
//	launch     RunTask, once for each claim of a run
//	put off    no capacity, or Spot took it back: Scheduled again, with the reason
//	track      DescribeTasks until the task has stopped, and what that means
//	slow start tasks that do not start: told, and stopped where the pool says so
//	observe    the same at once, from a queue that EventBridge fills
//	cancel     Cancelling runs: the task is stopped, then the run is Cancelled
//	teardown   the server says which: runs that were Cancelling for too long
//	recover    claims and tasks of workers that are gone
//	report     states that a run is given
//	logs       lines for the run's log in Prefect
//	health     /health, /ready, /metrics
//	drain      stop is not cancel
//
// Several pools in one process (pools.go) have all stages each, and share what shared.go says.
//
// What is under way is in one table (table.go). Prefect or AWS being away is waited
// out; it never ends the worker.
package worker
