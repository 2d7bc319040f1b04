package ecs

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/process"
)

// fileSystems are the folders that play EFS: what a task writes there the next one reads. They live as long as the
// sandbox. Access points have no folder of the file system here, since nothing says which: each is one of its own.
type fileSystems struct {
	mu  sync.Mutex
	dir string
}

// folder is that of a file system, or of an access point of it. A folder within is mounted only when it is there:
// nobody makes it (aws/efs-utils#79; the words are those of acp-io/terraform-grafana#4).
func (f *fileSystems) folder(efs *types.EFSVolumeConfiguration, region string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dir == "" {
		dir, err := os.MkdirTemp("", "ecsctl-sandbox-efs-")
		if err != nil {
			return "", err
		}
		f.dir = dir
	}
	root := path.Join("/", aws.ToString(efs.RootDirectory)) // "..", too, stays within
	parts := []string{f.dir, "fs-" + url.PathEscape(aws.ToString(efs.FileSystemId))}
	if auth := efs.AuthorizationConfig; auth != nil && aws.ToString(auth.AccessPointId) != "" {
		parts = []string{f.dir, "ap-" + url.PathEscape(aws.ToString(auth.AccessPointId))}
	}
	whole := filepath.Join(parts...)
	if err := os.MkdirAll(whole, 0o700); err != nil {
		return "", err
	}
	folder := filepath.Join(whole, filepath.FromSlash(root))
	if there, err := os.Stat(folder); err != nil || !there.IsDir() {
		return "", &startError{reason: fmt.Sprintf("ResourceInitializationError: failed to invoke EFS utils commands "+
			"to set up EFS volumes: stderr: b'mount.nfs4: mounting %s.efs.%s.amazonaws.com:%s failed, reason given by "+
			"server: No such file or directory' : unsuccessful EFS utils command execution; code: 32",
			aws.ToString(efs.FileSystemId), region, root)}
	}
	return folder, nil
}

func (f *fileSystems) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dir == "" {
		return nil
	}
	return os.RemoveAll(f.dir)
}

// viewOf is what a container sees beside its image: what all see, and the volumes that it mounts.
func (s *Service) viewOf(t *task, cd types.ContainerDefinition) (*view, error) {
	v := newView(s.cfg.Volumes)
	for _, m := range cd.MountPoints {
		folder, err := s.volume(t, aws.ToString(m.SourceVolume))
		if err != nil {
			return nil, err
		}
		at := path.Join("/", aws.ToString(m.ContainerPath))
		if at == "/" || v.covers(at) {
			return nil, fmt.Errorf("the ecsctl sandbox cannot mount a volume at %s", at)
		}
		v.mounts = append(v.mounts, process.Mount{Path: at, Source: folder, Writable: !aws.ToBool(m.ReadOnly)})
	}
	return v, nil
}

// volume is the folder of a volume: that of its file system, or one that the task's containers share and that goes
// with it, as an EBS volume does, and the storage of a task.
func (s *Service) volume(t *task, name string) (string, error) {
	i := slices.IndexFunc(t.definition.api.Volumes, func(v types.Volume) bool { return aws.ToString(v.Name) == name })
	if i < 0 {
		return "", fmt.Errorf("there is no volume %s", name) // which RegisterTaskDefinition has refused
	}
	switch v := t.definition.api.Volumes[i]; {
	case v.EfsVolumeConfiguration != nil:
		return s.files.folder(v.EfsVolumeConfiguration, s.cfg.Region)
	case v.Host != nil && aws.ToString(v.Host.SourcePath) != "", v.DockerVolumeConfiguration != nil,
		v.FsxWindowsFileServerVolumeConfiguration != nil:
		return "", fmt.Errorf("the ecsctl sandbox does not implement the kind of volume %s", name)
	}
	if folder, made := t.volumes[name]; made {
		return folder, nil
	}
	folder, err := os.MkdirTemp("", "ecsctl-sandbox-")
	if err != nil {
		return "", err
	}
	t.trees = append(t.trees, folder)
	if t.volumes == nil {
		t.volumes = map[string]string{}
	}
	t.volumes[name] = folder
	return folder, nil
}
