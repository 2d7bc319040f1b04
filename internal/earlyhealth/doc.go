// Package earlyhealth answers `ecsctl worker health` before the rest of the program is made
// ready: the tables of the AWS SDK and of others cost some 20 ms of CPU at every start, and a
// container is asked for its health every few seconds. Go initialises packages in the order of
// their import paths as soon as what they import is ready, and this one imports nothing but os
// and syscall, so it comes before all that is large (cmd/ecsctl-worker has a test that says so).
//
// It ends the program only when a worker on this machine says that it is well. Everything else
// is for the command itself, which explains what is wrong.
package earlyhealth
