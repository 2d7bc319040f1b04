package deploy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/image/flowimage"
	"ecsctl/internal/shellword"
	"ecsctl/provision/spec"
)

const initDescription = `Example:

   ecsctl init --pool my-ecs-pool

Writes what a folder of flows needs for those who keep to prefect deploy: prefect.yaml, with a
build step that makes the image, a pull step with the place of the code in it, and a
deployment for each flow that is found; .ecsctlignore, for what stays out of the image; and
ecsctl.yaml. Files that are there stay as they are.`

type initOptions struct {
	Dir  string
	Spec spec.Spec
}

// InitCommand returns the init command.
func InitCommand(streams console.Streams) *cli.Command {
	flags := inputs.PlaceFlags()
	return &cli.Command{
		Name:         "init",
		Usage:        "write prefect.yaml, .ecsctlignore and ecsctl.yaml for a folder of flows",
		ArgsUsage:    "[DIR]",
		Description:  initDescription,
		OnUsageError: console.UsageError,
		Flags:        append(inputs.CliFlags(flags), inputs.ConfigFlag()),
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 1 {
				return console.Usagef("init takes one folder, and got %q as well", c.Args().Get(1))
			}
			opts := initOptions{Dir: c.Args().First()}
			if opts.Dir == "" {
				opts.Dir = "."
			}
			var err error
			if opts.Spec, err = inputs.ReadSpec(c, flags); err != nil {
				return err
			}
			if err := opts.Spec.CheckPool(); err != nil {
				return err
			}
			return runInit(c.Context, streams, opts)
		},
	}
}

func runInit(_ context.Context, streams console.Streams, opts initOptions) error {
	flows, err := findFlows(opts.Dir)
	if err != nil {
		return err
	}
	for _, f := range []struct{ name, content string }{
		{prefectFile, prefectYAML(opts.Spec.Pool, flows)},
		{flowimage.IgnoreFile, ignoreContent},
		{inputs.DefaultConfig, configContent(opts.Spec)},
	} {
		if err := writeNew(streams, filepath.Join(opts.Dir, f.name), f.content); err != nil {
			return err
		}
	}
	console.Printf(streams.Err, "next: ecsctl deploy --all --pool %s\n", shellword.Quote(opts.Spec.Pool))
	return nil
}

// writeNew writes a file, unless there is one.
func writeNew(streams console.Streams, path, content string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		console.Printf(streams.Err, "%s exists already and is left unchanged\n", path)
		return nil
	}
	if err != nil {
		return fmt.Errorf("failed to write %q: %w", path, err)
	}
	_, err = file.WriteString(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("failed to write %q: %w", path, err)
	}
	console.Printf(streams.Out, "%s\n", path)
	return nil
}

// foundFlow is a function below @flow.
type foundFlow struct{ file, function string }

// flowFunction finds @flow, with or without arguments, and the function below it; other decorators may stand between.
var flowFunction = regexp.MustCompile(
	`(?m)^@(?:prefect\.)?flow\b[^\n]*(?:\n(?:[ \t)@#][^\n]*)?)*?\n(?:async[ \t]+)?def[ \t]+(\w+)`)

func findFlows(dir string) ([]foundFlow, error) {
	files, _, err := flowimage.ListCode(dir)
	if err != nil {
		return nil, err
	}
	var out []foundFlow
	for _, f := range files {
		if filepath.Ext(f.Path) != ".py" {
			continue
		}
		raw, err := readFile(dir, filepath.FromSlash(f.Path))
		if err != nil {
			return nil, fmt.Errorf("failed to look for flows: %w", err)
		}
		for _, m := range flowFunction.FindAllStringSubmatch(string(raw), -1) {
			out = append(out, foundFlow{f.Path, m[1]})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].file+out[i].function < out[j].file+out[j].function })
	return out, nil
}

// prefectYAML is the file that prefect deploy carries out as it stands.
func prefectYAML(pool string, flows []foundFlow) string {
	var out strings.Builder
	fmt.Fprintf(&out, `# For prefect deploy --all, and for ecsctl deploy --all.
# The build step makes the image of this folder and pushes it to the pool's repository; it
# prints the image's reference, which the deployments below take.
build:
- %s:
    id: build-image
    script: %s
    stream_output: false

push: null

# Where the code lies in the image.
pull:
- %s:
    directory: %s

deployments:
`, stepShell, yamlQuoted("ecsctl image build --pool "+shellword.Quote(pool)), stepEnter, flowimage.CodeDir)
	if len(flows) == 0 {
		flows = []foundFlow{{"flow.py", "my_flow"}}
	}
	for _, f := range flows {
		fmt.Fprintf(&out, `- name: %s
  entrypoint: %s:%s
  work_pool:
    name: %s
    job_variables:
      image: '{{ build-image.stdout }}'
`, strings.ReplaceAll(f.function, "_", "-"), f.file, f.function, yamlQuoted(pool))
	}
	return out.String()
}

// yamlQuoted is a name as a YAML string.
func yamlQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

const ignoreContent = `# What stays out of the image, in the patterns of .dockerignore. Secrets (.env, keys), .git and
# virtual environments stay out in any case, unless a line such as !.env takes them in.
# ecsctl image build --dry-run lists what goes in.
tests
*.md
`

func configContent(spec spec.Spec) string {
	out := fmt.Sprintf("# Settings of ecsctl for this folder: docs/configuration.md lists the keys.\npool: %s\n",
		yamlQuoted(spec.Pool))
	if spec.Region != "" {
		out += fmt.Sprintf("region: %s\n", yamlQuoted(spec.Region))
	}
	return out
}
