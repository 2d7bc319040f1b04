package ecs

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"ecsctl/sandbox/internal/process"
	"ecsctl/sandbox/internal/rootfs"
)

// containerImage is an image as one container has it: pulled from ECR into a tree of its
// own, or played by a directory of programs.
type containerImage struct {
	programs string    // comes first on PATH; "" when the image was pulled
	tree     string    // the image's files; "" when it is played
	config   v1.Config // what the image says of how to run it
	workDir  string    // on this machine, or in the root; "" is the container's home
	play     Function  // plays it, if any

	root *process.Root // what its processes see, and nothing else; nil where this machine has no roots of their own
}

// defaultPath is what containers have when neither image nor definition say otherwise.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// command is what the container runs. A definition with an entry point of its own does
// not get the image's command.
func (img containerImage) command(cd types.ContainerDefinition, o types.ContainerOverride) []string {
	entry, command := cd.EntryPoint, cd.Command
	if o.Command != nil {
		command = o.Command
	}
	if len(command) == 0 && len(entry) == 0 {
		command = img.config.Cmd
	}
	if len(entry) == 0 {
		entry = img.config.Entrypoint
	}
	return slices.Concat(entry, command)
}

// env is what the image brings along.
func (img containerImage) env() []string {
	if img.programs != "" {
		return []string{"PATH=" + img.programs + string(os.PathListSeparator) + os.Getenv("PATH")}
	}
	return slices.Clone(img.config.Env)
}

// path puts PATH into the image's tree: no program of this machine is found instead.
func (img containerImage) path(env []string) []string {
	if img.programs != "" {
		return env
	}
	value := process.Variable(env, "PATH")
	if value == "" {
		value = defaultPath
	}
	if img.root != nil {
		return append(env, "PATH="+value)
	}
	var dirs []string
	for dir := range strings.SplitSeq(value, ":") {
		dirs = append(dirs, filepath.Join(img.tree, filepath.FromSlash(path.Join("/", dir))))
	}
	return append(env, "PATH="+strings.Join(dirs, string(os.PathListSeparator)))
}

// home is the container's HOME, and what to do when it has ended.
func (img containerImage) home() (dir string, cleanUp func(), err error) {
	if img.root != nil {
		return cmp.Or(process.Variable(img.config.Env, "HOME"), "/root"), func() {}, nil
	}
	if img.programs != "" {
		dir, err = os.MkdirTemp("", "ecsctl-sandbox-")
		return dir, func() { _ = os.RemoveAll(dir) }, err
	}
	home := path.Join("/", process.Variable(img.config.Env, "HOME"))
	return filepath.Join(img.tree, filepath.FromSlash(home)), func() {}, nil
}

// enter makes the working directory, as container runtimes do, and the root.
func (img *containerImage) enter(cd types.ContainerDefinition, v *view) error {
	dir := img.config.WorkingDir
	if cd.WorkingDirectory != nil {
		dir = *cd.WorkingDirectory
	}
	var err error
	img.workDir, err = rootfs.MakeDir(img.tree, dir)
	if err == nil && process.OwnRoots() == nil {
		img.workDir = path.Join("/", filepath.ToSlash(dir))
		img.root, err = newRoot(img.tree, v)
	}
	if err == nil && aws.ToBool(cd.ReadonlyRootFilesystem) {
		err = rootfs.Lock(img.tree)
	}
	return err
}

// resolve finds the program of a command in the image's tree. The error is a
// *process.NotFoundError when it has no such program.
func (c *container) resolve(args []string) ([]string, error) {
	if len(args) == 0 || c.image.root == nil && c.image.programs != "" {
		return args, nil
	}
	find := func(command string) (string, error) { return c.image.find(command, c.spec.Dir, c.spec.Env) }
	if c.image.root != nil {
		find = c.findInRoot
	}
	program, err := find(args[0])
	if err != nil {
		return nil, err
	}
	return append([]string{program}, args[1:]...), nil
}

func (img containerImage) find(command, dir string, env []string) (string, error) {
	inner, err := filepath.Rel(img.tree, dir)
	if err != nil {
		return "", err
	}
	candidates := []string{path.Join("/", filepath.ToSlash(inner), command)}
	switch {
	case path.IsAbs(command):
		candidates = []string{command}
	case !strings.Contains(command, "/"):
		candidates = nil
		for _, dir := range filepath.SplitList(process.Variable(env, "PATH")) {
			if inner, err := filepath.Rel(img.tree, dir); err == nil {
				candidates = append(candidates, path.Join("/", filepath.ToSlash(inner), command))
			}
		}
	}
	for _, candidate := range candidates {
		if found, err := rootfs.Resolve(img.tree, filepath.FromSlash(candidate)); err == nil &&
			process.IsProgram(found) {
			return found, nil
		}
	}
	return "", &process.NotFoundError{Command: command}
}
