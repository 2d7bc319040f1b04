package commands

import "runtime/debug"

// version is what the Go toolchain has stamped: the tag of a release, else a version
// made of the commit, or "dev" where there is neither.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
