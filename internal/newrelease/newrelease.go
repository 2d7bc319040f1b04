// Package newrelease tells a person, at most once a day, that there is a newer release. It asks in the
// background, and nobody waits for the answer.
package newrelease

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/mod/semver"

	"ecsctl/internal/bounded"
	"ecsctl/internal/buildinfo"
)

// Off is the variable that turns the notice off, whatever its value.
const Off = "ECSCTL_NO_UPDATE_NOTICE"

// daily is how often is asked, and how often is told.
const daily = 24 * time.Hour

// Options say who asks.
type Options struct {
	Latest  string // the address of a file with the newest version; "" asks nobody
	Version string // of this program
	File    string // what is remembered from one command to the next
	Env     func(string) string
	Now     time.Time
}

// Usual are the options of this build.
func Usual() Options {
	o := Options{Latest: buildinfo.Latest(), Version: buildinfo.Version(), Env: os.Getenv, Now: time.Now()}
	if dir, err := os.UserCacheDir(); err == nil {
		o.File = filepath.Join(dir, "ecsctl", "latest.json")
	}
	return o
}

// memory is what the file holds.
type memory struct {
	Asked  time.Time `json:"asked"`
	Told   time.Time `json:"told"`
	Latest string    `json:"latest"`
}

// Notice is a look for a newer release; nil is none.
type Notice struct {
	opts   Options
	memory memory
	answer atomic.Pointer[string]
	cancel context.CancelFunc
}

// Begin looks, where a person is there to be told: not in CI, not where the variable says no, and not for
// builds that are no release's.
func Begin(ctx context.Context, o Options, person bool) *Notice {
	if !person || o.Latest == "" || o.File == "" || !semver.IsValid(o.Version) || o.Env(Off) != "" ||
		o.Env("CI") != "" {
		return nil
	}
	n := &Notice{opts: o, cancel: func() {}}
	if raw, err := os.ReadFile(o.File); err == nil {
		_ = json.Unmarshal(raw, &n.memory) // what is unreadable is written anew
	}
	if since := o.Now.Sub(n.memory.Asked); since >= 0 && since < daily {
		return n
	}
	n.memory.Asked = o.Now
	if !n.save() {
		return nil // who cannot remember would ask every time
	}
	ctx, n.cancel = context.WithCancel(ctx)
	go n.ask(ctx)
	return n
}

// Text is the notice, if there is one to give now; "" is none. It waits for nothing.
func (n *Notice) Text() string {
	if n == nil {
		return ""
	}
	n.cancel()
	if answer := n.answer.Load(); answer != nil {
		n.memory.Latest = *answer
		n.save()
	}
	since := n.opts.Now.Sub(n.memory.Told)
	if !buildinfo.Newer(n.memory.Latest, n.opts.Version) || since >= 0 && since < daily {
		return ""
	}
	n.memory.Told = n.opts.Now
	if !n.save() {
		return ""
	}
	return "ecsctl " + n.memory.Latest + " is out, and this is " + n.opts.Version + "; " + Off + "=1 turns this off"
}

// save reports whether the memory was written. Two commands at once may each write theirs, whole.
func (n *Notice) save() bool {
	raw, err := json.Marshal(n.memory)
	if err != nil || os.MkdirAll(filepath.Dir(n.opts.File), 0o700) != nil {
		return false
	}
	file, err := os.CreateTemp(filepath.Dir(n.opts.File), "latest-")
	if err != nil {
		return false
	}
	_, err = file.Write(raw)
	if closeErr := file.Close(); err != nil || closeErr != nil || os.Rename(file.Name(), n.opts.File) != nil {
		_ = os.Remove(file.Name())
		return false
	}
	return true
}

// maxAnswer is more than a version has.
const maxAnswer = 128

// ask reads the file with the newest version. Nothing is sent but the request: no header says who asks.
func (n *Notice) ask(ctx context.Context) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, n.opts.Latest, nil)
	if err != nil {
		return
	}
	request.Header.Set("User-Agent", "")
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return
	}
	defer response.Body.Close()
	raw, err := bounded.Read(response.Body, maxAnswer)
	if version := strings.TrimSpace(string(raw)); err == nil && response.StatusCode == http.StatusOK &&
		semver.IsValid(version) {
		n.answer.Store(&version)
	}
}
