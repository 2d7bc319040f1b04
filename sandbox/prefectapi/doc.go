// Package prefectapi is an in-memory stand-in for the REST API of a Prefect 2 or 3
// server, as far as ecsctl, its workers and Prefect's own client use it.
//
// It is a verified fake: the contract tests of this package run against it and against
// real servers. A route or a filter that it does not have is refused by name (501).
// Of a server's background services it has the one that ends runs which are Cancelling for
// too long, with the cleanup messages of the worker channel. The others are not there: no
// runs made by schedules, no marking of late runs, no events of its own.
package prefectapi
