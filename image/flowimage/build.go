package flowimage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/hint"
)

// Options say what an image is made from.
type Options struct {
	// Dir is the folder of the flows. Flows are their entrypoints, PATH:NAME relative to it; they are imported before
	// anything is pushed. The inline metadata of the first one counts.
	Dir   string
	Flows []string
	// Requirements names a file in the place of what the project says.
	Requirements string
	Base         string // an image; "" is the slim official Python
	Architecture string // AMD64 or ARM64
	Python       string // such as 3.12; "" goes by the project and the base
	Compression  string // Zstd or Gzip
	Prefect      string // the version for a project that names none
	LocalPython  string // the user's own interpreter, or ""
	Cache        string // folder for what is kept between builds
	Refresh      bool   // resolves and lays out anew
	Keychain     authn.Keychain
	UserAgent    string
	Note         func(string) // is told what takes long
}

// Image is one that was made and is ready to be pushed.
type Image struct {
	Digest string
	// Size is that of all compressed layers, Packages and Code those of ours.
	Size, Packages, Code int64
	// Python and Prefect are the versions in it, Base the image below with its digest.
	Python, Prefect, Base string
	From                  string // where the dependencies come from
	Files                 []File
	Warnings              []string

	image v1.Image
	note  func(string)
}

// builder is a build under way.
type builder struct {
	opts    Options
	uv      *UV
	project *Project
	target  target
}

func (b *builder) note(format string, args ...any) { b.opts.Note(fmt.Sprintf(format, args...)) }

// Build makes the image. It reads the base's manifest from its registry and pushes nothing.
func Build(ctx context.Context, opts Options) (*Image, error) {
	img, err := build(ctx, opts)
	if errors.Is(err, syscall.ENOSPC) {
		err = hint.Add(err, fmt.Sprintf("make room: what earlier builds left in %q may be deleted", opts.Cache))
	}
	return img, err
}

func build(ctx context.Context, opts Options) (*Image, error) {
	b := &builder{opts: opts}
	script := ""
	if len(opts.Flows) > 0 {
		script, _, _ = strings.Cut(opts.Flows[0], ":")
	}
	var err error
	if b.project, err = ReadProject(opts.Dir, script, opts.Requirements); err != nil {
		return nil, err
	}
	files, warnings, err := ListCode(opts.Dir)
	if err != nil {
		return nil, err
	}
	if b.uv, err = FindUV(ctx, opts.LocalPython); err != nil {
		return nil, err
	}
	below, err := b.choose(ctx)
	if err != nil {
		return nil, err
	}
	l, err := b.resolve(ctx)
	if err != nil {
		return nil, err
	}
	made, err := b.packagesLayer(ctx, l)
	if err != nil {
		return nil, err
	}
	if !made.compiled {
		warnings = append(warnings,
			fmt.Sprintf("there is no Python %s here to compile the dependencies with: each run will start slowly; "+
				"install it (uv python install %s), then build with --refresh",
				b.target.python, b.target.python))
	}
	code, checked, err := b.codeLayer(ctx, files, made)
	if err != nil {
		return nil, err
	}
	img := &Image{Packages: made.layer.Length, Code: code.Length, Python: b.target.python, Prefect: l.prefect,
		From: b.project.describe(), note: b.opts.Note, Files: files, Warnings: slices.Concat(warnings, checked)}
	return img, b.assemble(img, below, made.layer, code)
}

// codeLayer packs the code while the flows are imported.
func (b *builder) codeLayer(ctx context.Context, files []File,
	made *packages) (code *fileLayer, warnings []string, err error) {
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		code, err = packLayer(filepath.Join(b.opts.Cache, "code"), b.opts.Compression, codeEntries(files))
		return err
	})
	group.Go(func() (err error) {
		warnings, err = b.checkFlows(gctx, files, made)
		return err
	})
	err = group.Wait()
	prune(b.opts.Cache)
	return code, warnings, err
}

// choose settles on base and Python.
func (b *builder) choose(ctx context.Context) (*base, error) {
	asked := cmp.Or(b.opts.Python, b.project.PinnedPython)
	python, err := choosePython(asked, b.project.RequiresPython, b.localMinor(ctx))
	if err != nil {
		return nil, err
	}
	ref := cmp.Or(b.opts.Base, fmt.Sprintf(defaultBase, python))
	below, err := readBase(ctx, ref, b.opts.Architecture, b.opts.Keychain, b.opts.UserAgent)
	if err != nil {
		return nil, err
	}
	switch {
	case below.python == "" && b.opts.Python == "":
		return nil, hint.Add(fmt.Errorf("the base image %q does not say which Python it has (it has no variable %s)",
			ref,
			pythonVariable), "say it with --python, such as --python 3.12")
	case below.python == "" || below.python == python:
	case asked != "":
		return nil, hint.Add(fmt.Errorf("the base image %q has Python %s, and the project asks for %s", ref,
			below.python,
			python), "name another base with --base, or the version with --python")
	case !allowsMinor(b.project.RequiresPython, mustMinor(below.python)):
		return nil, hint.Add(fmt.Errorf("the base image %q has Python %s, and the project requires %s", ref,
			below.python,
			b.project.RequiresPython), "name another base with --base")
	default:
		python = below.python
	}
	b.target = target{b.opts.Architecture, python}
	return below, nil
}

func mustMinor(python string) int {
	minor, _ := minorOf(python) // it was read by minorOf
	return minor
}

func (b *builder) localMinor(ctx context.Context) string {
	if b.opts.LocalPython == "" {
		return ""
	}
	return pythonVersion(ctx, b.opts.LocalPython)
}

// assemble puts the layers of the base, the dependencies and the code on top of each other.
func (b *builder) assemble(img *Image, below *base, layers ...*fileLayer) error {
	made := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	var adds []mutate.Addendum
	for i, layer := range below.layers {
		adds = append(adds, mutate.Addendum{Layer: layer, MediaType: below.media[i]})
	}
	for _, layer := range layers {
		adds = append(adds, mutate.Addendum{Layer: layer, MediaType: layer.Media})
	}
	made, err := mutate.Append(made, adds...)
	if err != nil {
		return fmt.Errorf("failed to put the image together: %w", err)
	}
	if made, err = mutate.ConfigFile(made, b.config(below, layers)); err != nil {
		return fmt.Errorf("failed to put the image together: %w", err)
	}
	img.image = made
	digest, err := made.Digest()
	if err != nil {
		return fmt.Errorf("failed to put the image together: %w", err)
	}
	img.Digest, img.Base = digest.String(), below.reference.Context().Name()+"@"+below.digest.String()
	manifest, err := made.Manifest()
	if err != nil {
		return fmt.Errorf("failed to put the image together: %w", err)
	}
	for _, layer := range manifest.Layers {
		img.Size += layer.Size
	}
	return nil
}

// config is the base's with our folders in it. PYTHONPATH needs nothing of the base's own Python.
func (b *builder) config(below *base, layers []*fileLayer) *v1.ConfigFile {
	config := below.config.DeepCopy()
	for i, comment := range []string{"dependencies", "code"} {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, layers[i].Diff)
		config.History = append(config.History, v1.History{Created: config.Created, CreatedBy: "ecsctl image build",
			Comment: comment})
	}
	c := &config.Config
	paths := "/" + packagesDir
	if b.project.SourceRoot {
		paths = path.Join(CodeDir, "src") + ":" + paths
	}
	if before := variable(c.Env, "PYTHONPATH"); before != "" {
		paths += ":" + before
	}
	c.WorkingDir = CodeDir
	c.Env = set(c.Env, "PYTHONPATH", paths)
	c.Env = set(c.Env, "PATH", "/"+packagesDir+"/bin:"+cmp.Or(variable(c.Env, "PATH"),
		"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"))
	c.Env = set(c.Env, "PYTHONUNBUFFERED", "1")
	if c.Labels == nil {
		c.Labels = map[string]string{}
	}
	c.Labels["org.opencontainers.image.base.name"] = below.reference.Name()
	c.Labels["org.opencontainers.image.base.digest"] = below.digest.String()
	return config
}

// set gives a variable of an image another value, in its place.
func set(env []string, name, value string) []string {
	out := slices.Clone(env)
	for i, entry := range out {
		if strings.HasPrefix(entry, name+"=") {
			out[i] = name + "=" + value
			return out
		}
	}
	return append(out, name+"="+value)
}
