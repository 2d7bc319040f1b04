package ecs

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"ecsctl/sandbox/internal/ecr"
	"ecsctl/sandbox/internal/process"
	"ecsctl/sandbox/internal/rootfs"
	"ecsctl/sandbox/internal/wire"
)

// pull gets the image of a container: played by the directory that was given for it, or
// out of the sandbox's ECR. Every other image cannot be pulled.
func (s *Service) pull(t *task, index int) (containerImage, error) {
	cd := t.definition.api.ContainerDefinitions[index]
	if play := playerOf(s.cfg.Functions, *cd.Image); play != nil {
		return containerImage{play: play}, playable(cd)
	}
	if dir := playerOf(s.cfg.Images, *cd.Image); dir != "" {
		return s.standIn(t, cd, dir)
	}
	ref, ok := s.peers.ECR.Reference(*cd.Image)
	if !ok {
		return containerImage{}, cannotPull(cd, "pull image manifest has been retried 1 time(s): failed to resolve "+
			"ref %s: pull access denied, repository does not exist or may require authorization: server message: "+
			"insufficient_scope: authorization failed", qualified(*cd.Image))
	}
	pulled, err := s.pullFromECR(t, cd, ref)
	if err != nil {
		return containerImage{}, err
	}
	s.set(t, func(api *types.Task) { api.Containers[index].ImageDigest = &pulled.Digest })
	return s.extract(t, cd, pulled)
}

// playerOf is what plays an image; the longest pattern that matches counts.
func playerOf[T any](players map[string]T, image string) T {
	best := ""
	for pattern := range players {
		if ok, err := path.Match(pattern, image); err == nil && ok && len(pattern) > len(best) {
			best = pattern
		}
	}
	return players[best]
}

// playable refuses what says how the files of an image are used, when there are none. With
// a real image it is done, or is a limit like a size: a user with fewer rights than ours.
func playable(cd types.ContainerDefinition) error {
	for _, f := range []struct {
		name string
		used bool
	}{
		{"workingDirectory", cd.WorkingDirectory != nil},
		{"user", cd.User != nil},
		{"readonlyRootFilesystem", aws.ToBool(cd.ReadonlyRootFilesystem)},
		{"linuxParameters.capabilities", cd.LinuxParameters != nil && cd.LinuxParameters.Capabilities != nil},
	} {
		if f.used {
			return &startError{reason: fmt.Sprintf("the ecsctl sandbox does not implement %s of the container %s, "+
				"whose image is played by a directory", f.name, *cd.Name)}
		}
	}
	return nil
}

// qualified is a reference as container runtimes complete it.
func qualified(ref string) string {
	if !strings.Contains(strings.SplitN(ref, "/", 2)[0], ".") {
		ref = "docker.io/" + ref
	}
	return ref
}

func cannotPull(cd types.ContainerDefinition, format string, args ...any) error {
	reason := "CannotPullContainerError: " + fmt.Sprintf(format, args...)
	return &startError{reason: reason, container: *cd.Name, detail: reason}
}

// pullFromECR does it as Fargate does: in a session of the execution role.
func (s *Service) pullFromECR(t *task, cd types.ContainerDefinition, ref ecr.Reference) (*ecr.Pulled, error) {
	role := executionRole(t)
	if role == "" {
		return nil, initError("unable to retrieve ecr registry auth: the task definition has no execution role")
	}
	if err := s.reachesRegistry(t); err != nil {
		return nil, err
	}
	session := s.peers.STS.Assume(role, t.id())
	defer s.peers.STS.End(session)
	var refusal *wire.Error
	if err := s.peers.ECR.Login(session.Key); errors.As(err, &refusal) {
		return nil, initError("unable to retrieve ecr registry auth: service call has been retried 1 time(s): %s: %s",
			refusal.Code, refusal.Message)
	}
	pulled, err := s.peers.ECR.Pull(session.Key, ref, v1.Platform{
		OS: "linux", Architecture: goArchitecture(t.definition.api),
	})
	var platform *ecr.PlatformError
	switch {
	case err == nil:
		return pulled, nil
	case errors.As(err, &platform):
		return nil, cannotPull(cd, "pull image manifest has been retried 1 time(s): %v", err)
	case errors.As(err, &refusal):
		return nil, cannotPull(cd, "pull image manifest has been retried 1 time(s): failed to resolve ref %s: "+
			"unexpected status from HEAD request to %s: 403 Forbidden", *cd.Image, s.peers.ECR.ManifestURL(ref))
	case errors.Is(err, ecr.ErrImageNotFound):
		return nil, cannotPull(cd,
			"pull image manifest has been retried 1 time(s): failed to resolve ref %s: %s: not found",
			*cd.Image, *cd.Image)
	default:
		return nil, cannotPull(cd, "ref pull has been retried 1 time(s): %v", err)
	}
}

func goArchitecture(td types.TaskDefinition) string {
	if architecture(td) == "arm64" {
		return "arm64"
	}
	return "amd64"
}

// extract makes the container's own tree of the image. The task removes it.
func (s *Service) extract(t *task, cd types.ContainerDefinition, pulled *ecr.Pulled) (containerImage, error) {
	if signal := pulled.Config.StopSignal; signal != "" && signal != "SIGTERM" {
		return containerImage{}, &startError{reason: fmt.Sprintf("the ecsctl sandbox does not implement the stop "+
			"signal %s of the image of container %s", signal, *cd.Name)}
	}
	tree, err := s.trees.Tree(pulled.Layers)
	if err != nil {
		return containerImage{}, cannotPull(cd, "ref pull has been retried 1 time(s): %v", err)
	}
	t.trees = append(t.trees, tree)
	img := containerImage{tree: tree, config: pulled.Config}
	v, err := s.viewOf(t, cd)
	if err == nil {
		err = img.enter(cd, v)
	}
	if err != nil {
		return img, cannotCreate(cd, err)
	}
	return img, nil
}

func cannotCreate(cd types.ContainerDefinition, err error) error {
	if failed := (*startError)(nil); errors.As(err, &failed) {
		return failed // it says so itself
	}
	return &startError{reason: "Task failed to start", container: *cd.Name,
		detail: "CannotCreateContainerError: " + err.Error()}
}

// standIn is a directory that plays an image, in a root with nothing else of this machine but what its programs need.
func (s *Service) standIn(t *task, cd types.ContainerDefinition, dir string) (containerImage, error) {
	img := containerImage{programs: dir}
	if err := playable(cd); err != nil || process.OwnRoots() != nil {
		return img, err
	}
	tree, err := os.MkdirTemp("", "ecsctl-sandbox-")
	if err != nil {
		return img, cannotCreate(cd, err)
	}
	t.trees = append(t.trees, tree)
	v, err := s.viewOf(t, cd)
	if err != nil {
		return img, cannotCreate(cd, err)
	}
	v.addStandIn(dir)
	if img.root, err = newRoot(tree, v); err != nil {
		return img, cannotCreate(cd, err)
	}
	return img, nil
}

// removeTrees is called when nothing of the task runs any more. What cannot be removed
// goes with the sandbox, which says so if it cannot be removed then either.
func (t *task) removeTrees() {
	for _, tree := range t.trees {
		_ = rootfs.Remove(tree)
	}
}
