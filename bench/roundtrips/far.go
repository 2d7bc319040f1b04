// Package roundtrips counts how often commands wait for an answer before they can ask on, in simulated time: what a
// command costs whoever is far from AWS and from Prefect. `make bench-roundtrips` prints it.
package roundtrips

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Far is a network to far-away servers: each call takes its latency.
type Far struct {
	latency time.Duration

	mu    sync.Mutex
	calls []call
}

type call struct {
	name       string
	start, end time.Time
}

// Over is the network behind the latency.
func (f *Far) Over(next http.RoundTripper) http.RoundTripper { return distant{f, next} }

type distant struct {
	far  *Far
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (d distant) RoundTrip(r *http.Request) (*http.Response, error) {
	c := call{name: nameOf(r), start: time.Now()}
	timer := time.NewTimer(d.far.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	response, err := d.next.RoundTrip(r)
	c.end = time.Now()
	d.far.mu.Lock()
	defer d.far.mu.Unlock()
	d.far.calls = append(d.far.calls, c)
	return response, err
}

// nameOf is the operation of a call of AWS, else its method and path.
func nameOf(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	if r.Method == http.MethodPost && r.URL.Path == "/" && r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
			if form, err := url.ParseQuery(string(body)); err == nil {
				return form.Get("Action")
			}
		}
	}
	return r.Method + " " + r.URL.Path
}

// Forget begins to count anew.
func (f *Far) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = nil
}

// Trips are the most calls of which each began after the one before had ended: round trips that nothing shortens but
// asking at the same time.
func (f *Far) Trips() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	byEnd := slices.Clone(f.calls)
	slices.SortStableFunc(byEnd, func(a, b call) int { return cmp.Or(a.end.Compare(b.end), a.start.Compare(b.start)) })
	var chain []string
	var last time.Time
	for i, c := range byEnd {
		if i > 0 && c.start.Before(last) {
			continue
		}
		chain, last = append(chain, c.name), c.end
	}
	return chain
}

// Layers are all calls, by the moment in which they began.
func (f *Far) Layers() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		return nil
	}
	byStart := slices.Clone(f.calls)
	slices.SortStableFunc(byStart, func(a, b call) int {
		return cmp.Or(a.start.Compare(b.start), cmp.Compare(a.name, b.name))
	})
	var out []string
	first := byStart[0].start
	for i, c := range byStart {
		if i == 0 || !c.start.Equal(byStart[i-1].start) {
			out = append(out, fmt.Sprintf("%6.2f s:", c.start.Sub(first).Seconds()))
		}
		out[len(out)-1] += " " + c.name
	}
	return out
}
