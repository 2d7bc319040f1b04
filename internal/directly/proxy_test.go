package directly

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
)

// The environment is read once in a process, so that another one calls.
func TestMain(m *testing.M) {
	if target := os.Getenv("DIRECTLY_TARGET"); target != "" {
		client := &http.Client{Transport: &http.Transport{Proxy: Proxy}, Timeout: 1e9}
		if response, err := client.Get(target); err == nil {
			_ = response.Body.Close()
		}
		return
	}
	os.Exit(m.Run())
}

func TestLinkLocalAddressesAreCalledDirectly(t *testing.T) {
	t.Parallel()
	for target, proxied := range map[string]bool{
		"http://169.254.170.2/v2/credentials": false, "http://169.254.169.254/latest": false,
		"http://[fe80::1%25lo]/": false, "http://[fd00:ec2::23]/v1/credentials": false,
		"http://[::ffff:169.254.170.2]/": false, "http://ecs.us-east-1.example/": true, "http://192.0.2.1/": true,
	} {
		var asked atomic.Int64
		proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), "DIRECTLY_TARGET="+target, "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL,
			"NO_PROXY=", "no_proxy=")
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		if (asked.Load() > 0) != proxied {
			t.Errorf("%s: the proxy was asked %d times", target, asked.Load())
		}
		proxy.Close()
	}
}
