// Package buildinfo tells what the Go toolchain knows of this build.
package buildinfo

import (
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/semver"
)

// What the linker writes (-X): `make build` and tools/release do, as the Go toolchain stamps nothing in a
// worktree and no version that a release is to have.
var version, commit, date, latest string

// Version is the tag of a release, else a version made of the commit as the Go toolchain makes it, or "dev"
// where there is neither.
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// Facts are what the Go toolchain wrote into the binary. Commit, time and modified
// are there only when it was built in a checkout.
type Facts struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"commitTime,omitempty"` // RFC 3339
	Modified bool   `json:"modified"`             // the checkout had changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Read returns the facts of the running program.
func Read() Facts {
	facts := Facts{Version: Version(), Commit: commit, Time: date, Modified: strings.HasSuffix(version, "+dirty"), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok || commit != "" {
		return facts
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			facts.Commit = setting.Value
		case "vcs.time":
			facts.Time = setting.Value
		case "vcs.modified":
			facts.Modified = setting.Value == "true"
		}
	}
	return facts
}

// Latest is the address of a file that holds the version of the newest release; "" for builds that are no
// release's.
func Latest() string { return latest }

// Newer reports whether one version is newer than another. One that is not a release's, nor made of a commit,
// is neither newer nor older.
func Newer(one, other string) bool {
	return semver.IsValid(one) && semver.IsValid(other) && semver.Compare(one, other) > 0
}
