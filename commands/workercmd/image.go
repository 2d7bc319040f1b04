package workercmd

import (
	"context"
	"fmt"
	"io"
	"reflect"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/image"
	"ecsctl/internal/buildinfo"
	"ecsctl/worker"
)

// workerImageCommand is the group of commands around the worker's image.
func workerImageCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name:         "image",
		Usage:        "make the worker's image, without Docker",
		UsageText:    "ecsctl worker image build --output-file ecsctl.tar\necsctl worker image push --pool my-ecs-pool",
		OnUsageError: console.UsageError,
		Subcommands:  []*cli.Command{workerImageBuildCommand(streams), workerImagePushCommand(streams)},
		Action:       console.Group,
	}
}

// binaryFlag names what goes into the image.
func binaryFlag() cli.Flag {
	return &cli.GenericFlag{Name: "binary", Value: &inputs.Repeated{}, Usage: "ecsctl for Linux as `FILE`; twice for " +
		"an image for both architectures (default: what was installed with this program, else this program)"}
}

// readBinaries reads the binaries of --binary, or what this program has for this machine's
// architecture.
func readBinaries(paths []string) ([]*image.Binary, error) {
	if len(paths) == 0 {
		program, err := inputs.ThisProgram()
		if err != nil {
			return nil, err
		}
		path, err := image.Own(program, "")
		if err != nil {
			return nil, err
		}
		paths = []string{path}
	}
	var out []*image.Binary
	for _, path := range paths {
		binary, err := image.ReadBinary(path)
		if err != nil {
			return nil, err
		}
		out = append(out, binary)
	}
	return out, nil
}

// imageResult is what the image commands report.
type imageResult struct {
	Reference string      `json:"reference"`
	Tag       string      `json:"tag"`
	Digest    string      `json:"digest"`
	Size      int64       `json:"size,omitempty"` // compressed, in bytes; when it was made
	Images    []imagePart `json:"images,omitempty"`
	Files     []string    `json:"files,omitempty"`  // written by build
	Pushed    *bool       `json:"pushed,omitempty"` // by push: false when it was there
}

// Reports are what the commands of this package print with --output json.
func Reports() map[string][]reflect.Type {
	return map[string][]reflect.Type{
		"worker image build": {reflect.TypeFor[imageResult]()},
		"worker image push":  {reflect.TypeFor[imageResult]()},
		"worker preview":     {reflect.TypeFor[worker.Preview](), reflect.TypeFor[previewDiff]()},
		"version":            {reflect.TypeFor[buildinfo.Facts]()},
	}
}

type imagePart struct {
	Platform string `json:"platform"`
	Digest   string `json:"digest"`
	Size     int64  `json:"size"`
}

func (r *imageResult) describe(made *image.Image) {
	r.Digest, r.Size = made.Digest.String(), made.Size
	for _, part := range made.Parts {
		r.Images = append(r.Images, imagePart{"linux/" + part.Architecture, part.Digest.String(), part.Size})
	}
}

// Print writes the result. The first line is for scripts: the digest of what was built,
// the reference of what was pushed.
func (r imageResult) Print(ctx context.Context, out io.Writer, format string) error {
	if format == inputs.OutputJSON {
		return console.PrintJSON(ctx, out, r, nil)
	}
	first := r.Digest
	if r.Pushed != nil {
		first = r.Reference
	}
	console.Printf(out, "%s\n", first)
	for _, part := range r.Images {
		console.Printf(out, "  %-12s %s  %s\n", part.Platform, part.Digest, Megabytes(part.Size))
	}
	return nil
}

// Megabytes is a size as registries show it.
func Megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
