package console

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"ecsctl/internal/plaintext"
)

// live draws what is under way below what has been said, with a spinner and the time
// that it has taken, until it is stopped. Elsewhere than on a terminal it is nil, and
// its methods do nothing.
type live struct {
	out  io.Writer
	fd   int
	done chan struct{}
	end  sync.Once
	wg   sync.WaitGroup

	mu    sync.Mutex
	items []liveItem
	drawn int // lines on the screen
	frame int
}

type liveItem struct {
	text  string
	note  bool
	began time.Time
}

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

const frameTime = 120 * time.Millisecond

// StartLive starts drawing when out is a terminal that can move its cursor.
func StartLive(out io.Writer) *live {
	file, ok := Raw(out).(*os.File)
	if !ok || !IsTerminal(out) || Accessible(false) {
		return nil
	}
	l := &live{out: out, fd: int(file.Fd()), done: make(chan struct{})}
	l.wg.Go(l.draw)
	return l
}

// Looking says on a terminal, after a moment and until stop is called, that AWS and Prefect are being asked. stop may
// be called more than once, and a question calls it: see Reporting.StopLooking. Among the lines of --verbose there is
// nothing to say.
func Looking(ctx context.Context, streams Streams, verbose bool) (stop func()) {
	if verbose {
		return func() {}
	}
	return LookingUp(ctx, streams, "asking AWS and Prefect")
}

// LookingUp says so of what the text names.
func LookingUp(ctx context.Context, streams Streams, text string) (stop func()) {
	l := StartLive(streams.Err)
	l.start(text)
	ReportingOf(ctx).looking.Store(l)
	return l.Stop
}

// StopLooking takes away what Looking says, for a question that has come up meanwhile.
func (r *Reporting) StopLooking() { r.looking.Load().Stop() }

// draw redraws until the end. What ends within the first frame is never seen.
func (l *live) draw() {
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	for {
		select {
		case <-l.done:
			return
		case <-ticker.C:
			l.change(func() { l.frame++ })
		}
	}
}

// change takes the lines away, lets f change or print something, and draws again.
func (l *live) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	if l.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\x1b[J", l.drawn)
	}
	Printf(Raw(l.out), "%s", b.String())
	f()
	width, _, err := term.GetSize(l.fd)
	if err != nil || width <= 0 {
		width = 80
	}
	l.drawn = 0
	for _, item := range l.items {
		if l.frame == 0 {
			break
		}
		line := fmt.Sprintf("%s %s (%.0fs)", spinner[l.frame%len(spinner)], item.text, time.Since(item.began).Seconds())
		Printf(l.out, "%s\n", ansi.Truncate(plaintext.Line(line), width-1, "…"))
		l.drawn++
	}
}

// start shows something that has begun.
func (l *live) start(text string) {
	if l == nil {
		return
	}
	l.change(func() { l.items = append(l.items, liveItem{text: text, began: time.Now()}) })
}

// Note shows what is being waited for, in place of what was waited for before.
func (l *live) Note(text string) {
	if l == nil {
		return
	}
	l.change(func() {
		for i, item := range l.items {
			if item.note {
				l.items[i].text = text
				return
			}
		}
		l.items = append(l.items, liveItem{text: text, note: true, began: time.Now()})
	})
}

// finish takes a line away and prints, by say, what has become of it.
func (l *live) finish(text string, say func()) {
	if l == nil {
		say()
		return
	}
	l.change(func() {
		for i, item := range l.items {
			if item.text == text && !item.note {
				l.items = append(l.items[:i], l.items[i+1:]...)
				break
			}
		}
		say()
	})
}

// Stop takes everything away. It may be called twice.
func (l *live) Stop() {
	if l == nil {
		return
	}
	l.end.Do(func() {
		close(l.done)
		l.wg.Wait()
		l.change(func() { l.items = nil })
	})
}
