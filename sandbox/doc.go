// Package sandbox is an in-memory stand-in for the AWS services and the Prefect API
// that ecsctl uses. It speaks the real wire protocols on one loopback address, so the
// SDKs, the AWS CLI and Prefect's own client work against it.
//
// It is a verified fake: what it does it does as the real services do, and what it
// does not implement it refuses by name. Nothing outlives Close.
package sandbox
