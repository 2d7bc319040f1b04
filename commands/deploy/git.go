package deploy

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"

	"ecsctl/commands/console"
	"ecsctl/internal/hint"
)

// checkout is what git knows of the folder.
type checkout struct {
	root, remote, branch, commit string
	dirty, pushed                bool
}

// planGit has each run clone the repository, for an image that has no more than Prefect in it.
func (d *deployer) planGit(ctx context.Context) (deployPlan, error) {
	c, err := readCheckout(ctx, d.opts.Image.Dir)
	if err != nil {
		return deployPlan{}, err
	}
	switch {
	case !c.pushed:
		console.Printf(d.streams.Err,
			"warning: commit %.10s is not on the remote: runs will not see it until you push\n", c.commit)
	case c.dirty:
		console.Printf(d.streams.Err, "warning: there are changes that are not committed: runs will not see them\n")
	}
	file, name, _ := cutLast(d.opts.Target, ":")
	path, err := filepath.Abs(file)
	if err == nil {
		path, err = filepath.Rel(c.root, resolvedPath(path))
	}
	if err != nil {
		return deployPlan{}, fmt.Errorf("failed to find %q in the checkout: %w", file, err)
	}
	inputs := yaml.MapSlice{{Key: "id", Value: "clone"}, {Key: "repository", Value: c.remote}, {Key: "branch",
		Value: c.branch}}
	if token := d.opts.Token.reference(); token != "" {
		inputs = append(inputs, yaml.MapItem{Key: "access_token", Value: token})
	}
	pull := append(d.opts.Token.steps(), yaml.MapSlice{{Key: stepClone, Value: inputs}})
	if _, err := readFile(c.root, "requirements.txt"); err == nil {
		pull = append(pull, pullStep(stepInstall, "directory", "{{ clone.directory }}", "requirements_file",
			"requirements.txt"))
	}
	return d.planFlow(c.root, filepath.ToSlash(path)+":"+name, "", pull)
}

func resolvedPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func readCheckout(ctx context.Context, dir string) (checkout, error) {
	var c checkout
	if _, err := exec.LookPath("git"); err != nil {
		return c, hint.Add(errors.New("there is no git on PATH"),
			"install it, or leave out --from git: then the code goes into an image")
	}
	git := func(args ...string) string {
		out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	root := git("rev-parse", "--show-toplevel")
	if c.root = resolvedPath(root); root == "" {
		return c, hint.Add(errors.New("this folder is not in a git checkout"),
			"leave out --from git: then the code goes into an image")
	}
	c.branch, c.commit, c.dirty = git("rev-parse", "--abbrev-ref", "HEAD"), git("rev-parse", "HEAD"), git("status",
		"--porcelain") != ""
	if c.commit == "" || c.branch == "HEAD" {
		return c, hint.Add(errors.New("the checkout is not on a branch"),
			"switch to the branch that runs are to take the code from: git switch BRANCH")
	}
	name := git("config", "branch."+c.branch+".remote")
	if name == "" {
		name = "origin"
	}
	remote := git("remote", "get-url", name)
	if remote == "" {
		return c, hint.Add(fmt.Errorf("the checkout has no remote %q to clone from", name),
			"add one: git remote add origin URL")
	}
	c.remote = cloneURL(remote)
	c.pushed = git("branch", "--remotes", "--contains", c.commit) != ""
	return c, ctx.Err()
}

// sshRemote is a remote such as git@github.com:team/flows.git.
var sshRemote = regexp.MustCompile(`^(?:ssh://)?(?:[^@/]+@)([^:/]+)[:/](.+)$`)

// cloneURL is a remote as a container can use it: over HTTPS, because it has no keys, and without credentials,
// because
// the deployment can be read by others.
func cloneURL(remote string) string {
	if parsed, err := url.Parse(remote); err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") {
		parsed.User = nil
		return parsed.String()
	}
	if m := sshRemote.FindStringSubmatch(remote); m != nil {
		return "https://" + m[1] + "/" + m[2]
	}
	return remote
}
