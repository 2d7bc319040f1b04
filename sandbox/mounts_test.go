//go:build linux

package sandbox_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/diagnose"
	"ecsctl/sandbox"
)

// note says what a task before has left at the mount point, and leaves a note of its own.
const note = `
for at in /data /deep/data; do
	test -d $at || continue
	cat $at/note 2>/dev/null || echo nothing
	{ echo $1 > $at/note; } 2>/dev/null || echo may not write
	mkdir -p $at/team 2>/dev/null
done`

// mounting gives the definition's container a volume.
func mounting(v types.Volume, point types.MountPoint) func(*ecs.RegisterTaskDefinitionInput) {
	return func(in *ecs.RegisterTaskDefinitionInput) {
		v.Name, point.SourceVolume = aws.String("v"), aws.String("v")
		in.Volumes = []types.Volume{v}
		in.ContainerDefinitions[0].MountPoints = []types.MountPoint{point}
	}
}

func onEFS(id, folder, accessPoint string) types.Volume {
	efs := &types.EFSVolumeConfiguration{FileSystemId: &id}
	if folder != "" {
		efs.RootDirectory = &folder
	}
	if accessPoint != "" {
		efs.TransitEncryption = types.EFSTransitEncryptionEnabled
		efs.AuthorizationConfig = &types.EFSAuthorizationConfig{AccessPointId: &accessPoint}
	}
	return types.Volume{EfsVolumeConfiguration: efs}
}

// What a task writes to EFS the next one that mounts the same file system and folder reads; access points and other
// file systems are apart. A volume of EBS, or of the task itself, is a new one each time.
func TestVolumesOfContainers(t *testing.T) {
	t.Parallel()
	needOwnRoots(t)
	c := running(t, note, sandbox.Options{})
	group := c.logGroup(t, nil)
	role := c.infrastructureRole(t)
	data, deep := types.MountPoint{ContainerPath: aws.String("/data")},
		types.MountPoint{ContainerPath: aws.String("/deep/data")}
	readOnly := types.MountPoint{ContainerPath: aws.String("/data"), ReadOnly: aws.Bool(true)}
	ebs := types.Volume{ConfiguredAtLaunch: aws.Bool(true)}
	for i, step := range []struct {
		volume types.Volume
		point  types.MountPoint
		want   []string
	}{
		{onEFS("fs-1", "", ""), data, []string{"nothing"}},
		{onEFS("fs-1", "/", ""), deep, []string{"0"}},
		{onEFS("fs-2", "", ""), data, []string{"nothing"}},
		{onEFS("fs-1", "/team", ""), data, []string{"nothing"}},
		{onEFS("fs-1", "/team", ""), data, []string{"3"}},
		{onEFS("fs-1", "", "fsap-1"), data, []string{"nothing"}},
		{onEFS("fs-1", "/", "fsap-1"), readOnly, []string{"5", "may not write"}},
		{onEFS("fs-1", "", ""), data, []string{"1"}},
		{ebs, data, []string{"nothing"}},
		{ebs, data, []string{"nothing"}},
		{types.Volume{}, data, []string{"nothing"}},
		{types.Volume{}, data, []string{"nothing"}},
	} {
		definition := c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
			logged(group)(in)
			mounting(step.volume, step.point)(in)
			in.ContainerDefinitions[0].Command = []string{"app", string(rune('0' + i))}
		})
		task := c.run(t, definition, func(in *ecs.RunTaskInput) {
			if aws.ToBool(step.volume.ConfiguredAtLaunch) {
				in.VolumeConfigurations = []types.TaskVolumeConfiguration{{Name: aws.String("v"),
					ManagedEBSVolume: &types.TaskManagedEBSVolumeConfiguration{RoleArn: role, SizeInGiB: aws.Int32(1)}}}
			}
		})
		got := c.awaitTask(t, task, "STOPPED")
		if got.StopCode != types.TaskStopCodeEssentialContainerExited {
			t.Fatalf("%d: %s %s", i, aws.ToString(got.StoppedReason), aws.ToString(got.Containers[0].Reason))
		}
		if diff := cmp.Diff(step.want, c.logLines(t, group, task)); diff != "" {
			t.Errorf("%d (-want +got):\n%s", i, diff)
		}
	}
	// Nobody makes a folder that is not there, and what starts with it is explained.
	got := c.awaitTask(t, c.run(t, c.app(t, mounting(onEFS("fs-1", "/none/such", ""), data)), nil), "STOPPED")
	found, known := diagnose.Task(got, nil, nil)
	if got.StopCode != types.TaskStopCodeTaskFailedToStart || !known ||
		!strings.Contains(found.Cause, "the folder to be mounted is not on the EFS file system") {
		t.Errorf("%s: %s; explained as %+v", got.StopCode, aws.ToString(got.StoppedReason), found)
	}
}

// infrastructureRole is one by which ECS makes volumes.
func (c *clients) infrastructureRole(t *testing.T) *string {
	t.Helper()
	return must(c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: unique("infrastructure"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Action":"sts:AssumeRole","Principal":{"Service":"ecs.amazonaws.com"}}]}`)}))(t).Role.Arn
}
