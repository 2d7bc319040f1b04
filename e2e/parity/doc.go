// Package parity compares jobtemplate with the official ecs worker: the same jobs go
// through the real ECSWorker of prefect-aws (official.py) and through ours, and the
// requests to AWS must be equal, or both must refuse. docs/parity.md lists the
// differences that are meant.
package parity
