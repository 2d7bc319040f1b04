package stage

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdBase serves a base image with the given Python from a registry of its own, and says so in BASE and REGISTRY. One
// with credentials is private:
//
//	base PYTHON_VERSION [USER:PASSWORD]
func cmdBase(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: base PYTHON_VERSION [USER:PASSWORD]")
	}
	who := authn.Anonymous
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if len(args) == 2 {
		user, password, _ := strings.Cut(args[1], ":")
		who, handler = &authn.Basic{Username: user, Password: password}, private(handler, user, password)
	}
	server := httptest.NewServer(handler)
	ts.Defer(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	ref, err := name.ParseReference(host + "/library/python:slim")
	ts.Check(err)
	image, err := random.Image(4096, 2)
	ts.Check(err)
	image, err = mutate.ConfigFile(image, withPython(ts, image, args[0]))
	ts.Check(err)
	ts.Check(remote.Write(ref, image, remote.WithAuth(who)))
	ts.Setenv("BASE", ref.String())
	ts.Setenv("REGISTRY", host)
}

// private lets in who has the password, as registries do.
func private(next http.Handler, user, password string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func withPython(ts *testscript.TestScript, image v1.Image, version string) *v1.ConfigFile {
	config, err := image.ConfigFile()
	ts.Check(err)
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	config.Config.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=" + version}
	return config
}
