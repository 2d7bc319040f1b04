// Package image makes an OCI image from a static binary for Linux, ecsctl or the
// worker-only program (cmd/ecsctl-worker), without Docker, and takes it to a registry, an
// OCI layout or a file.
//
// The image is one layer: the binary as /ecsctl, a user without rights, an empty
// /tmp, and nothing else, no shell either. The CA roots are compiled into the binary
// (commands/caroots.go), so that they come with it wherever it runs and the image depends on the
// binary alone: the same binary is always the same digest.
package image
