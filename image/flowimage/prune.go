package flowimage

import (
	"os"
	"path/filepath"
	"time"
)

// keepTime is how long the cache keeps what no build has used.
const keepTime = 30 * 24 * time.Hour

// prune deletes what no build has used for long. That it cannot is no reason for a build to fail.
func prune(cache string) {
	for _, kind := range []string{"packages", "locks", "code"} {
		entries, _ := os.ReadDir(filepath.Join(cache, kind)) // not there: nothing to delete
		for _, e := range entries {
			info, err := e.Info()
			if err == nil && time.Since(info.ModTime()) > keepTime {
				_ = os.RemoveAll(filepath.Join(cache, kind, e.Name()))
			}
		}
	}
}

// used tells prune that a part of the cache is in use.
func used(path string) {
	now := time.Now()
	_ = os.Chtimes(path, now, now) // only its age suffers
}
