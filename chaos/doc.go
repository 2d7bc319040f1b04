// Package chaos holds tests alone: real `ecsctl worker start` processes under faults,
// quotas, outages and load, in the sandbox. `make test` runs them small, `make chaos`
// in full (docs/chaos.md).
package chaos
