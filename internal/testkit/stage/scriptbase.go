package stage

import (
	"io"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdBase serves a base image with the given Python from a registry of its own, and says so in BASE and REGISTRY:
//
//	base PYTHON_VERSION
func cmdBase(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: base PYTHON_VERSION")
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	ts.Defer(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	ref, err := name.ParseReference(host + "/library/python:slim")
	ts.Check(err)
	image, err := random.Image(4096, 2)
	ts.Check(err)
	image, err = mutate.ConfigFile(image, withPython(ts, image, args[0]))
	ts.Check(err)
	ts.Check(remote.Write(ref, image))
	ts.Setenv("BASE", ref.String())
	ts.Setenv("REGISTRY", host)
}

func withPython(ts *testscript.TestScript, image v1.Image, version string) *v1.ConfigFile {
	config, err := image.ConfigFile()
	ts.Check(err)
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	config.Config.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=" + version}
	return config
}
