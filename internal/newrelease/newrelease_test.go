package newrelease

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// place is a server of releases and a person's machine.
type place struct {
	t     *testing.T
	opts  Options
	env   map[string]string
	asked atomic.Int32
	seen  chan http.Header
	hangs chan struct{} // answers wait for it; nil: they do not
}

func newPlace(t *testing.T) *place {
	p := &place{t: t, env: map[string]string{}, seen: make(chan http.Header, 10)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		p.seen <- r.Header
		if p.hangs != nil {
			select {
			case <-p.hangs:
			case <-r.Context().Done():
			}
		}
		_, _ = io.WriteString(w, "v1.3.0\n")
	}))
	t.Cleanup(server.Close)
	p.opts = Options{Latest: server.URL + "/latest.txt", Version: "v1.2.0", Now: time.Now(),
		File: filepath.Join(t.TempDir(), "cache", "latest.json"), Env: func(name string) string { return p.env[name] }}
	return p
}

// command is one that lasts until the answer is there, if one is to come.
func (p *place) command(person bool) string {
	n := Begin(p.t.Context(), p.opts, person)
	for deadline := time.Now().Add(time.Minute); n != nil && p.hangs == nil && n.memory.Asked.Equal(p.opts.Now) &&
		n.answer.Load() == nil && time.Now().Before(deadline); {
		select {
		case <-time.After(time.Millisecond):
		case <-p.t.Context().Done():
		}
	}
	return n.Text()
}

func TestNotice(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	const want = "ecsctl v1.3.0 is out, and this is v1.2.0; ECSCTL_NO_UPDATE_NOTICE=1 turns this off"
	if got := p.command(true); got != want {
		t.Errorf("got %q", got)
	}
	for name := range <-p.seen {
		if name != "Accept-Encoding" {
			t.Errorf("the request has the header %s", name)
		}
	}
	p.opts.Now = p.opts.Now.Add(23 * time.Hour)
	if got := p.command(true); got != "" || p.asked.Load() != 1 {
		t.Errorf("on the same day: %q, asked %d times", got, p.asked.Load())
	}
	p.opts.Now = p.opts.Now.Add(2 * time.Hour)
	if got := p.command(true); got != want || p.asked.Load() != 2 {
		t.Errorf("on the next day: %q, asked %d times", got, p.asked.Load())
	}
	p.opts.Now, p.opts.Version = p.opts.Now.Add(48*time.Hour), "v1.3.0"
	if got := p.command(true); got != "" {
		t.Errorf("the newest version: %q", got)
	}
}

// TestNoNotice: nobody is asked in CI, without a terminal, where the variable says so, and by builds that are
// no release's; nor where nothing can be remembered.
func TestNoNotice(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*place) (person bool){
		"CI":         func(p *place) bool { p.env["CI"] = "true"; return true },
		"variable":   func(p *place) bool { p.env[Off] = "1"; return true },
		"nobody":     func(*place) bool { return false },
		"source":     func(p *place) bool { p.opts.Version = "dev"; return true },
		"no address": func(p *place) bool { p.opts.Latest = ""; return true },
		"no cache":   func(p *place) bool { p.opts.File = filepath.Join(os.DevNull, "x", "latest.json"); return true },
	} {
		p := newPlace(t)
		if got := p.command(change(p)); got != "" || p.asked.Load() != 0 {
			t.Errorf("%s: %q, asked %d times", name, got, p.asked.Load())
		}
	}
}

// TestNoticeDelaysNothing has a server that does not answer: the command ends, the request with it, and the
// next one of that day asks nobody.
func TestNoticeDelaysNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.hangs = make(chan struct{})
	defer close(p.hangs)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := Begin(ctx, p.opts, true)
	<-p.seen // it is under way
	if got := n.Text(); got != "" || ctx.Err() != nil {
		t.Errorf("got %q, %v", got, ctx.Err())
	}
	if got := p.command(true); got != "" || p.asked.Load() != 1 {
		t.Errorf("the next one: %q, asked %d times", got, p.asked.Load())
	}
}

// TestBadAnswers: what is no version is not told, whatever it is.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "9.9.9", "v9.9.9\x1b[2J", "<html>", strings.Repeat("v", 1<<20)} {
		p := newPlace(t)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, body)
		}))
		p.opts.Latest = server.URL
		n := &Notice{opts: p.opts, cancel: func() {}}
		n.ask(t.Context())
		if got := n.Text(); got != "" {
			t.Errorf("%q: %q", body, got)
		}
		server.Close()
	}
}
