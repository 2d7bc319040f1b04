// Package flowimage makes the OCI image of a folder of flows, without Docker: the layers of a base image, one layer
// of
// dependencies and one of code. It needs uv for the dependencies, knows nothing of AWS, and takes the image to any
// registry.
//
// The same base, lock and code are always the same digest: entries are sorted, times are zero, modes go by content,
// and
// bytecode is checked by nothing but its presence. The layer of dependencies is kept in a cache under what it is made
// from, so that a change of code costs one small layer.
package flowimage
