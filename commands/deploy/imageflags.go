package deploy

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/image/flowimage"
)

// flowImageOptions say how the image of a folder of flows is made.
type flowImageOptions struct {
	Dir          string
	Repository   string // "" is the pool's
	Base         string
	Architecture string // "" is the pool's
	Python       string
	Requirements string
	Compression  string
	Cache        string
	Venv         string
	Refresh      bool
}

const inImage = "Image"

func flowImageFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "base",
			Usage:    "`IMAGE` to build on (default: the slim official Python of the project's version)",
			Category: inImage,
			EnvVars:  inputs.Env("base")},
		&cli.StringFlag{Name: "platform",
			Usage:    "linux/amd64 or linux/arm64 (default: what the pool's tasks are launched for)",
			Category: inImage, EnvVars: inputs.Env("platform")},
		&cli.StringFlag{Name: "python", Usage: "`VERSION` of Python, such as 3.12 (default: what the project asks for)",
			Category: inImage, EnvVars: inputs.Env("python")},
		&cli.StringFlag{Name: "requirements",
			Usage: "`FILE` with the dependencies (default: inline metadata, uv.lock, pyproject.toml or " +
				"requirements.txt)",
			Category: inImage, EnvVars: inputs.Env("requirements")},
		&cli.StringFlag{Name: "compression", Usage: "zstd or gzip", Value: flowimage.Zstd, Category: inImage,
			EnvVars: inputs.Env("compression")},
		&cli.StringFlag{Name: "repository",
			Usage:    "`REPOSITORY` of any registry to push to (default: the pool's in ECR)",
			Category: inImage, EnvVars: inputs.Env("repository")},
		&cli.StringFlag{Name: "cache-dir", Usage: "`DIR` for what is kept between builds", Category: inImage,
			EnvVars: inputs.Env("cache-dir")},
		&cli.StringFlag{Name: "venv",
			Usage: "virtual environment `DIR` with your Prefect (default: .venv, the active one, or where prefect " +
				"is on PATH)",
			EnvVars: inputs.Env("venv")},
		&cli.BoolFlag{Name: "refresh", Usage: "resolve the dependencies again", Category: inImage,
			EnvVars: inputs.Env("refresh")},
	}
}

func readFlowImageOptions(c *cli.Context, dir string) (o flowImageOptions, err error) {
	o = flowImageOptions{
		Dir: dir, Repository: c.String("repository"), Base: c.String("base"), Python: c.String("python"),
		Requirements: c.String("requirements"),
		Compression:  c.String("compression"), Cache: c.String("cache-dir"), Venv: c.String("venv"),
		Refresh: c.Bool("refresh"),
	}
	os, architecture, given := strings.Cut(c.String("platform"), "/")
	o.Architecture = architecture
	switch {
	case (given || os != "") && (os != "linux" || architecture != flowimage.AMD64 && architecture != flowimage.ARM64):
		return o, console.Usagef("--platform %q: use linux/amd64 or linux/arm64", c.String("platform"))
	case o.Compression != flowimage.Zstd && o.Compression != flowimage.Gzip:
		return o, console.Usagef("--compression %q: use zstd or gzip", o.Compression)
	}
	if o.Cache == "" {
		o.Cache, err = defaultCache()
	}
	return o, err
}

func defaultCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", console.Usagef("there is no place for a cache (%w): name one with --cache-dir", err)
	}
	return filepath.Join(dir, "ecsctl"), nil
}
