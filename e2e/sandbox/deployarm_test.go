//go:build e2e

package sandbox

import (
	"archive/tar"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"ecsctl/e2e/peers"
)

// TestImageForARM makes an image for a processor that this machine need not have: its wheels are that processor's, and
// the flows are imported all the same, with this machine's.
func TestImageForARM(t *testing.T) {
	t.Parallel()
	w := newWorld(t, peers.Prefect3)
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	base, err := name.ParseReference(host + "/library/python:3.11-slim")
	w.must(err)
	plain, err := random.Image(1024, 1)
	w.must(err)
	config, err := plain.ConfigFile()
	w.must(err)
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Config.Env = "linux", "arm64", []string{"PYTHON_VERSION=3.11.2"}
	plain, err = mutate.ConfigFile(plain, config)
	w.must(err)
	w.must(remote.Write(base, plain))
	dir := w.project(map[string]string{
		"flow.py": flowSource, "words.py": "GREETING = 'Hello'\n", "requirements.txt": "xxhash\n",
		"prefect.yaml": "deployments:\n- name: a\n  entrypoint: flow.py:my_flow\n",
	})
	env := append(w.environ(uvDir(t), "ECSCTL_VENV="+filepath.Dir(w.venv)), buildEnv(t)...)
	out := w.inProject(dir, env, shared.binary, "image", "build", "--platform", "linux/arm64", "--base", base.String(),
		"--repository", host+"/flows", "--compression", "gzip")
	ref, err := name.ParseReference(imageReference.FindString(out))
	w.must(err)
	image, err := remote.Image(ref)
	w.must(err)
	made, err := image.ConfigFile()
	w.must(err)
	if made.Architecture != "arm64" || made.OS != "linux" {
		t.Errorf("the image is for %s/%s", made.OS, made.Architecture)
	}
	if files := filesOf(w, image); !strings.Contains(files, "aarch64-linux-gnu.so") ||
		strings.Contains(files, "x86_64") {
		t.Errorf("the wheels are not those of ARM64:\n%s", files)
	}
}

// filesOf are the names of the files in the layer of dependencies.
func filesOf(w *world, image v1.Image) string {
	w.t.Helper()
	layers, err := image.Layers()
	w.must(err)
	content, err := layers[len(layers)-2].Uncompressed()
	w.must(err)
	defer content.Close()
	var names []string
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(names, "\n")
		}
		w.must(err)
		names = append(names, header.Name)
	}
}
