// Package buildinfo tells what the Go toolchain knows of this build.
package buildinfo

import (
	"runtime"
	"runtime/debug"
)

// Version is what the Go toolchain has stamped: the tag of a release, else a version
// made of the commit, or "dev" where there is neither.
func Version() string {
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
	facts := Facts{Version: Version(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
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
