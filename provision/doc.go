// Package provision makes an AWS account and a Prefect server look as a Spec
// says, and takes it all away again.
//
// A Spec is plain data. From it come resources, each able to find itself, to
// compare what it found with what the Spec wants, to apply the difference and to
// delete itself. NewBootstrap and NewTeardown observe everything at once and give
// a plan; applying a plan walks the resources in the order of their dependencies,
// independent ones at the same time. There is no state file: names derive from
// the pool and the region, and the tag ecsctl:pool says what is ours.
package provision
