package commands

import "runtime/debug"

// releaseVersion is set by the linker in a release.
var releaseVersion string

// version is that of the release, of the module, or "dev".
func version() string {
	if releaseVersion != "" {
		return releaseVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
