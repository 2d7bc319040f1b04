package image_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"ecsctl/image"
)

// openRegistry serves a real registry that wants a login, and counts the uploads.
func openRegistry(t *testing.T) (to image.Destination, uploads func() int) {
	t.Helper()
	var mu sync.Mutex
	count := 0
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "AWS" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodPut || r.Method == http.MethodPatch {
			mu.Lock()
			count++
			mu.Unlock()
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	to = image.Destination{Repository: strings.TrimPrefix(server.URL, "http://") + "/prefect/etl/worker",
		Login: image.Login{Username: "AWS", Password: "secret"}}
	return to, func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	to, uploads := openRegistry(t)
	amd, arm := tiny(t, image.AMD64), tiny(t, image.ARM64)
	one, both := built(t, amd), built(t, amd, arm)
	if digest, err := image.Head(t.Context(), to, image.Tag(amd)); digest != "" || err != nil {
		t.Errorf("an empty registry has %q, %v", digest, err)
	}
	if err := one.Push(t.Context(), to, image.Tag(amd)); err != nil {
		t.Fatal(err)
	}
	if digest, err := image.Head(t.Context(), to, image.Tag(amd)); digest != one.Digest.String() || err != nil {
		t.Errorf("the registry has %q, %v, want %s", digest, err, one.Digest)
	}
	first := uploads()
	if err := one.Push(t.Context(), to, image.Tag(amd)); err != nil || first == 0 {
		t.Fatal(first, err)
	}
	if again := uploads() - first; again > 1 { // the tag may be set again
		t.Errorf("a second push made %d uploads", again)
	}
	if err := both.Push(t.Context(), to, image.Tag(amd, arm)); err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag(to.Repository + ":" + image.Tag(amd, arm))
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref,
		remote.WithAuth(&authn.Basic{Username: to.Login.Username, Password: to.Login.Password}))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
}

func TestPushSaysWhatTheRegistryAnswered(t *testing.T) {
	t.Parallel()
	to, _ := openRegistry(t)
	to.Login.Password = "another-secret"
	made := built(t, tiny(t, image.AMD64))
	err := made.Push(t.Context(), to, "tag")
	var push *image.PushError
	if !errors.As(err, &push) || !strings.Contains(err.Error(), "the registry answered 401 Unauthorized") ||
		strings.Contains(err.Error(), to.Login.Password) {
		t.Errorf("got %v", err)
	}
	to.Repository = "NOT A REPOSITORY"
	if err := made.Push(t.Context(), to, "tag"); err == nil || !strings.Contains(err.Error(), "is not a repository") {
		t.Errorf("got %v", err)
	}
}
