// Package buildinfo tells what the Go toolchain knows of this build.
package buildinfo

import (
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/semver"
)

// What the linker writes (-X, see tools/stamp.sh), as the Go toolchain stamps nothing in a worktree and no version
// that a release is to have. The stamp is found in the binary too, for a program that puts it into an image.
var stamp, latest string

// stamped matches a stamp: version, commit and its date.
var stamped = regexp.MustCompile(`ecsctl-build\|(v[^|\x00]{1,100})\|([0-9a-f]{0,64})\|([0-9TZ:-]{0,32})\|`)

// Stamp is what a stamp says.
type Stamp struct{ Version, Commit, Date string }

// FindStamp finds the stamp of a program; it is empty where there is none.
func FindStamp(program []byte) Stamp {
	found := stamped.FindSubmatch(program)
	if found == nil {
		return Stamp{}
	}
	return Stamp{string(found[1]), string(found[2]), string(found[3])}
}

// own is the stamp of this program.
var own = FindStamp([]byte(stamp))

// Version is the tag of a release, else a version made of the commit as the Go toolchain makes it, or "dev"
// where there is neither.
func Version() string {
	if own.Version != "" {
		return own.Version
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
	facts := Facts{Version: Version(), Commit: own.Commit, Time: own.Date,
		Modified: strings.HasSuffix(own.Version, "+dirty"),
		Go:       runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok || own.Commit != "" {
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
