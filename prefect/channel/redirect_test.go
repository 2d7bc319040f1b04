package channel_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/prefect/channel"
)

// TestTheChannelIsNeverRedirected: its first frame holds the key. Not even another path
// of the same server is followed, since only the configured one is known to be Prefect's.
func TestTheChannelIsNeverRedirected(t *testing.T) {
	t.Parallel()
	for name, elsewhere := range map[string]func(http.Handler) string{
		"another server": func(thief http.Handler) string {
			server := httptest.NewServer(thief)
			t.Cleanup(server.Close)
			return server.URL
		},
		"the same server": func(http.Handler) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, prefect.Options{APIKey: "pnu_secret"})
			asked, tried := make(chan string, 10), make(chan struct{}, 10)
			thief := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked <- r.Header.Get("Authorization")
			})
			target := elsewhere(thief) + "/elsewhere"
			front := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/elsewhere") {
					thief(rw, r)
					return
				}
				http.Redirect(rw, r, target+r.URL.Path, http.StatusTemporaryRedirect)
				tried <- struct{}{}
			})
			w.front.Store(&front)
			w.run(func(o *channel.Options) { o.FinalWait = time.Millisecond })
			for range 2 { // when the second attempt begins, the first is over
				select {
				case <-tried:
				case key := <-asked:
					t.Fatalf("the channel was opened elsewhere, with %q", key)
				case <-time.After(30 * time.Second):
					t.Fatal("no attempt to open the channel")
				}
			}
		})
	}
}
