//go:build e2e

// Flowimage measures what `ecsctl image build` makes beside what a Dockerfile makes of the same flow: the compressed
// size,
// the seconds of a first and a second build with their push, and the bytes that are pushed each time.
//
//	go run ./bench/flowimage [-base IMAGE] [-prefect 3.9.1] [-python 3.11]
//
// Without -base the base image is made of Debian's packages (apt-get). The registry is one on loopback, so that a push
// takes no time. The first build is measured twice: with nothing at hand, and with the wheels at hand that the time
// before had to fetch, so that what PyPI and the line to it cost stands apart. It needs uv on PATH.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"ecsctl/e2e/debian"
	"ecsctl/image/flowimage"
)

// officialSize is prefecthq/prefect:3-latest, compressed, for linux/amd64: the base of a Dockerfile as Prefect's docs
// have
// it (read from Docker Hub, 2026-11).
const officialSize = 272 << 20

const flow = "from prefect import flow\n\n\n@flow(log_prints=True)\ndef my_flow():\n    print(\"build %d\")\n"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	base := flag.String("base", "", "image to build on (default: Debian with Python, made here)")
	prefect := flag.String("prefect", "3.9.1", "version of Prefect in the image")
	python := flag.String("python", "3.11", "version of Python in the image")
	requirements := flag.String("requirements", "", "further requirements, separated by spaces")
	flag.Parse()
	if err := run(ctx, *base, *prefect, *python, strings.Fields(*requirements)); err != nil {
		log.Fatal(err)
	}
}

// measurement is one build and its push.
type measurement struct {
	seconds float64
	cpu     float64 // seconds of processors, uv and Python included: other programs on the machine do not change it
	image   *flowimage.Image
	pushed  int64
}

func run(ctx context.Context, base, prefect, python string, requirements []string) error {
	dir, err := os.MkdirTemp("", "ecsctl-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	if base == "" {
		if base, err = serveDebian(ctx, host); err != nil {
			return err
		}
	}
	project := filepath.Join(dir, "flows")
	if err := os.Mkdir(project, 0o755); err != nil {
		return err
	}
	lines := strings.Join(append(requirements, "prefect=="+prefect), "\n")
	if err := os.WriteFile(filepath.Join(project, "requirements.txt"), []byte(lines+"\n"), 0o644); err != nil {
		return err
	}
	bench := &bench{host: host, dir: dir, opts: flowimage.Options{
		Dir: project, Base: base, Architecture: flowimage.AMD64, Python: python, LocalPython: "python3",
		Cache: filepath.Join(dir, "cache"), Keychain: authn.DefaultKeychain, Note: func(string) {},
	}}
	results, err := bench.all(ctx)
	if err != nil {
		return err
	}
	return results.show()
}

// bench is a folder that is built again and again.
type bench struct {
	host, dir string
	opts      flowimage.Options
}

// results are the builds that are measured: the first with nothing at hand, with wheels at hand, after a change of the
// code, and with gzip.
type results struct{ fetching, first, second, gzip measurement }

func (b *bench) all(ctx context.Context) (r results, err error) {
	if err := os.Setenv("UV_CACHE_DIR", filepath.Join(b.dir, "uv")); err != nil {
		return r, err
	}
	if r.fetching, err = b.build(ctx, flowimage.Zstd, 0); err != nil {
		return r, err
	}
	if err := errors.Join(os.RemoveAll(b.opts.Cache), os.Setenv("UV_OFFLINE", "1")); err != nil {
		return r, err
	}
	if r.first, err = b.build(ctx, flowimage.Zstd, 1); err != nil {
		return r, err
	}
	if r.second, err = b.build(ctx, flowimage.Zstd, 2); err != nil {
		return r, err
	}
	r.gzip, err = b.build(ctx, flowimage.Gzip, 2)
	return r, err
}

func serveDebian(ctx context.Context, host string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "ecsctl-e2e")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	image, err := debian.Image(ctx, cache)
	if err != nil {
		return "", err
	}
	ref, err := name.ParseReference(host + "/debian/python:3.11")
	if err != nil {
		return "", err
	}
	return ref.String(), remote.Write(ref, image, remote.WithContext(ctx))
}

// build changes the code, makes the image and pushes it.
func (b *bench) build(ctx context.Context, compression string, change int) (measurement, error) {
	path := filepath.Join(b.opts.Dir, "flow.py")
	if err := os.WriteFile(path, fmt.Appendf(nil, flow, change), 0o644); err != nil {
		return measurement{}, err
	}
	opts := b.opts
	opts.Compression = compression
	began, before := time.Now(), processorSeconds()
	image, err := flowimage.Build(ctx, opts)
	if err != nil {
		return measurement{}, err
	}
	pushed, err := image.Push(ctx, b.host+"/flows", authn.DefaultKeychain, "ecsctl-bench")
	return measurement{time.Since(began).Seconds(), processorSeconds() - before, image, pushed.Bytes}, err
}

// processorSeconds is what this process and those that it has waited for have used.
func processorSeconds() float64 {
	total := time.Duration(0)
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var used syscall.Rusage
		if err := syscall.Getrusage(who, &used); err != nil {
			log.Fatal(err)
		}
		total += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	return total.Seconds()
}

// show prints ours beside a Dockerfile's. The same wheels are in both; a Dockerfile's layer of them is gzip, without
// bytecode of ours in it, so our own gzip layer stands for it from above.
func (r results) show() error {
	official := float64(officialSize + r.gzip.image.Packages)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "\tours, zstd\tours, gzip\tDockerfile on prefecthq/prefect\n")
	fmt.Fprintf(out, "compressed size\t%.1f MB\t%.1f MB\t%.1f MB\n", mb(r.first.image.Size), mb(r.gzip.image.Size),
		official/1e6)
	fmt.Fprintf(out, "share of it\t%.2f\t%.2f\t1\n", float64(r.first.image.Size)/official,
		float64(r.gzip.image.Size)/official)
	fmt.Fprintf(out, "dependencies\t%.1f MB\t%.1f MB\t\n", mb(r.first.image.Packages), mb(r.gzip.image.Packages))
	fmt.Fprintf(out, "first build and push\t%.1f s\t\t\n", r.fetching.seconds)
	fmt.Fprintf(out, "  with the wheels at hand\t%.1f s\t\t\n", r.first.seconds)
	fmt.Fprintf(out, "  seconds of CPU\t%.1f s on %d\t\t\n", r.first.cpu, runtime.NumCPU())
	fmt.Fprintf(out, "second build and push\t%.2f s\t\t\n", r.second.seconds)
	fmt.Fprintf(out, "  seconds of CPU\t%.2f s\t\t\n", r.second.cpu)
	fmt.Fprintf(out, "pushed first\t%.1f MB\t\t\n", mb(r.fetching.pushed))
	fmt.Fprintf(out, "pushed second\t%d B\t\t\n", r.second.pushed)
	for _, warning := range r.first.image.Warnings {
		fmt.Fprintf(out, "warning: %s\n", warning)
	}
	return out.Flush()
}

func mb(bytes int64) float64 { return float64(bytes) / 1e6 }
