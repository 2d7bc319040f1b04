package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"ecsctl/sandbox"
)

// runImage registers a definition for an image out of the registry and runs it. Its
// entry point and command are the image's own.
func (c *clients) runImage(t *testing.T, image string, group *string,
	change func(*ecs.RegisterTaskDefinitionInput)) *types.Task {
	t.Helper()
	return c.run(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
		logged(group)(in)
		in.ContainerDefinitions[0].Image, in.ContainerDefinitions[0].Command = &image, nil
		if change != nil {
			change(in)
		}
	}), nil)
}

func onARM(in *ecs.RegisterTaskDefinitionInput) {
	in.RuntimePlatform = &types.RuntimePlatform{
		CpuArchitecture: types.CPUArchitectureArm64, OperatingSystemFamily: types.OSFamilyLinux,
	}
}

func TestTaskRunsAnImageOfTheRegistry(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	group := c.logGroup(t, nil)
	index := indexOf(map[string]v1.Image{
		"amd64": scripted(t, "amd64", "echo amd64; exit 3"), "arm64": scripted(t, "arm64", "echo arm64; exit 4"),
	})
	uri, digest := c.push(t, index, "both"), digestOf(t, index)
	awsURI := "123456789012.dkr.ecr.us-east-1.amazonaws.com" + uri[strings.Index(uri, "/"):]
	for name, tc := range map[string]struct {
		image  string
		change func(*ecs.RegisterTaskDefinitionInput)
		line   string
		code   int32
	}{
		"by tag":             {uri + ":both", nil, "amd64", 3},
		"by digest":          {uri + "@" + digest, nil, "amd64", 3},
		"by both":            {uri + ":other@" + digest, nil, "amd64", 3},
		"for arm64":          {uri + ":both", onARM, "arm64", 4},
		"by the name at AWS": {awsURI + ":both", nil, "amd64", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := c.runImage(t, tc.image, group, tc.change)
			got := c.awaitTask(t, task, "STOPPED").Containers[0]
			if aws.ToInt32(got.ExitCode) != tc.code || aws.ToString(got.ImageDigest) != digest ||
				*got.Image != tc.image {
				t.Errorf("got exit code %v, digest %s, image %s, reason %s", got.ExitCode,
					aws.ToString(got.ImageDigest), *got.Image, aws.ToString(got.Reason))
			}
			if diff := cmp.Diff([]string{tc.line}, c.logLines(t, group, task)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestImageSaysHowItIsRun has a command, an environment and a working directory, which
// the definition overrides one by one.
func TestImageSaysHowItIsRun(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	group := c.logGroup(t, nil)
	const script = "#!/bin/sh\necho \"$0 $* I=$I B=$B\"; pwd; tool"
	img := imageOf(t, "amd64", v1.Config{
		Entrypoint: []string{"main.sh"}, Cmd: []string{"from", "image"}, WorkingDir: "/work",
		Env: []string{"PATH=/opt/bin", "I=image", "B=image"},
	}, layerOf(t, map[string]string{"opt/bin/main.sh": script, "opt/bin/tool": "#!/bin/sh\necho tool of the image"}))
	uri := c.push(t, img, "latest")
	for name, tc := range map[string]struct {
		change func(*types.ContainerDefinition)
		want   string
		dir    string
	}{
		"defaults": {func(*types.ContainerDefinition) {}, "/opt/bin/main.sh from image I=image B=image", "/work"},
		"command": {func(cd *types.ContainerDefinition) { cd.Command = []string{"mine"} },
			"/opt/bin/main.sh mine I=image B=image", "/work"},
		"entry point": {func(cd *types.ContainerDefinition) { cd.EntryPoint = []string{"/opt/bin/main.sh", "entry"} },
			"/opt/bin/main.sh entry I=image B=image", "/work"},
		"environment": {func(cd *types.ContainerDefinition) {
			cd.Environment = []types.KeyValuePair{{Name: aws.String("B"), Value: aws.String("task")}}
		}, "/opt/bin/main.sh from image I=image B=task", "/work"},
		"working directory": {func(cd *types.ContainerDefinition) {
			cd.WorkingDirectory = aws.String("/elsewhere/new")
		},
			"/opt/bin/main.sh from image I=image B=image", "/elsewhere/new"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := c.runImage(t, uri, group, func(in *ecs.RegisterTaskDefinitionInput) {
				tc.change(&in.ContainerDefinitions[0])
			})
			c.awaitTask(t, task, "STOPPED")
			lines := c.logLines(t, group, task)
			if len(lines) != 3 {
				t.Fatalf("got %q", lines)
			}
			if !strings.HasSuffix(lines[0], tc.want) || !strings.HasSuffix(lines[1], tc.dir) ||
				lines[2] != "tool of the image" {
				t.Errorf("got %q, want %q in %s", lines, tc.want, tc.dir)
			}
		})
	}
}

func TestImagesThatCannotBePulled(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	group := c.logGroup(t, nil)
	uri := c.push(t, scripted(t, "arm64", "exit 0"), "arm")
	index := c.push(t, indexOf(map[string]v1.Image{"arm64": scripted(t, "arm64", "exit 0")}), "arm")
	broken := c.push(t, imageOf(t, "amd64", v1.Config{StopSignal: "SIGINT"}, layerOf(t, map[string]string{"a": ""})),
		"latest")
	nothing := strings.Repeat("0", 64)
	for name, tc := range map[string]struct{ image, reason string }{
		"tag": {uri + ":none",
			"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + uri +
				":none: " + uri + ":none: not found"},
		"digest":     {uri + "@sha256:" + nothing, "@sha256:" + nothing + ": not found"},
		"repository": {uri + "-none:arm", "-none:arm: not found"},
		"platform": {uri + ":arm", "CannotPullContainerError: pull image manifest has been retried 1 time(s): " +
			"image Manifest does not contain descriptor matching platform 'linux/amd64'"},
		"index":  {index + ":arm", "image Manifest does not contain descriptor matching platform 'linux/amd64'"},
		"signal": {broken, "the ecsctl sandbox does not implement the stop signal SIGINT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.awaitTask(t, c.runImage(t, tc.image, group, nil), "STOPPED")
			if got.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.Contains(*got.StoppedReason, tc.reason) {
				t.Errorf("got %s: %s\nwant %s", got.StopCode, *got.StoppedReason, tc.reason)
			}
		})
	}
}

// TestPullNeedsAnExecutionRole: at registration for Fargate, and else when the task starts.
func TestPullNeedsAnExecutionRole(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	uri := c.push(t, scripted(t, "amd64", "exit 0"), "x")
	in := c.sleeper(t)
	in.ContainerDefinitions[0].Image, in.ExecutionRoleArn = aws.String(uri+":x"), nil
	_, err := c.ecs.RegisterTaskDefinition(t.Context(), in)
	wantMessage(t, err, "ClientException",
		"Fargate requires task definition to have execution role ARN to support ECR images.")
	in.RequiresCompatibilities = nil
	definition := must(c.ecs.RegisterTaskDefinition(t.Context(), in))(t).TaskDefinition.TaskDefinitionArn
	got := c.awaitTask(t, c.run(t, definition, nil), "STOPPED")
	if !strings.HasPrefix(*got.StoppedReason, "ResourceInitializationError: unable to pull secrets or registry auth: "+
		"execution resource retrieval failed: unable to retrieve ecr registry auth") {
		t.Errorf("got %s", *got.StoppedReason)
	}
}

// TestProgramsComeFromTheImageAlone: neither PATH nor a missing program leads to this machine.
func TestProgramsComeFromTheImageAlone(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{Volumes: []string{}})
	group := c.logGroup(t, nil)
	uri := c.push(t, scripted(t, "amd64", `command -v ls || echo "no ls in $HOME"`), "x")
	for _, entry := range []string{"/bin/sh", "sh", "../../../../../../../bin/sh"} {
		task := c.runImage(t, uri+":x", group, func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].EntryPoint = []string{entry}
		})
		if got := aws.ToString(c.awaitTask(t, task, "STOPPED").Containers[0].Reason); !strings.Contains(got,
			`"`+entry+`": executable file not found in $PATH`) {
			t.Errorf("%s: got %q", entry, got)
		}
	}
	if sandbox.OwnRoots() == nil {
		return // and the script finds no shell
	}
	task := c.runImage(t, uri+":x", group, nil)
	c.awaitTask(t, task, "STOPPED")
	if lines := c.logLines(t, group, task); len(lines) != 1 || !strings.HasPrefix(lines[0], "no ls in ") {
		t.Errorf("got %q", lines)
	}
}

// TestContainerHasATreeOfItsOwn looks at the files of two tasks of one image while they
// run, when one has stopped and when the sandbox has closed.
func TestContainerHasATreeOfItsOwn(t *testing.T) {
	t.Parallel()
	var trees []string
	t.Run("while the sandbox runs", func(t *testing.T) {
		c := start(t, sandbox.Options{})
		group := c.logGroup(t, nil)
		uri := c.push(t, scripted(t, "amd64",
			`[ -e mine ] && echo not alone; echo $$ > mine; echo "$$ $PWD"; exec /bin/sleep 600`), "x")
		first := c.runImage(t, uri+":x", group, nil)
		for _, task := range []*types.Task{first, c.runImage(t, uri+":x", group, nil)} {
			c.awaitTask(t, task, "RUNNING")
			eventually(t, "the task to say where it is", func() bool { return len(c.logLines(t, group, task)) == 1 })
			trees = append(trees, treeOf(t, c.logLines(t, group, task)[0]))
		}
		for _, tree := range trees {
			must(os.Stat(filepath.Join(tree, "mine")))(t)
		}
		one, two := must(os.Stat(filepath.Join(trees[0], "app")))(t), must(os.Stat(filepath.Join(trees[1], "app")))(t)
		if trees[0] == trees[1] || !os.SameFile(one, two) {
			t.Errorf("got trees %v, which share their program: %v", trees, os.SameFile(one, two))
		}
		must(c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: first.ClusterArn, Task: first.TaskArn}))(t)
		c.awaitTask(t, first, "STOPPED")
		if _, err := os.Stat(trees[0]); !os.IsNotExist(err) {
			t.Errorf("the tree of a stopped task is still there: %v", err)
		}
	})
	if _, err := os.Stat(filepath.Dir(trees[1])); !os.IsNotExist(err) {
		t.Errorf("the folder of all trees is still there: %v", err)
	}
}

// treeOf is where a container's files are on this machine, by its line with process and directory.
func treeOf(t *testing.T, line string) string {
	t.Helper()
	pid, dir, _ := strings.Cut(line, " ")
	if sandbox.OwnRoots() != nil {
		return dir
	}
	return must(os.Readlink("/proc/" + pid + "/root"))(t)
}

// TestHardenedContainer is how the worker's own image is run: no rights, nothing to write
// to, and a health check out of the image.
func TestHardenedContainer(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	group := c.logGroup(t, nil)
	uri := c.push(t, scripted(t, "amd64",
		`[ "$1" = health ] && exit 0; (: > new) 2>/dev/null && echo wrote; [ -w app ] && echo may write; echo up; exec /bin/sleep 600`), "x")
	task := c.runImage(t, uri+":x", group, func(in *ecs.RegisterTaskDefinitionInput) {
		cd := &in.ContainerDefinitions[0]
		cd.User, cd.ReadonlyRootFilesystem = aws.String("65532:65532"), aws.Bool(true)
		cd.LinuxParameters = &types.LinuxParameters{Capabilities: &types.KernelCapabilities{Drop: []string{"ALL"}}}
		cd.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "/app", "health"}, Interval: aws.Int32(5)}
	})
	c.awaitTask(t, task, "RUNNING")
	eventually(t, "the container to be healthy",
		func() bool { return c.describeTask(t, task).HealthStatus == types.HealthStatusHealthy })
	want := []string{"up"}
	if os.Geteuid() == 0 { // whom permissions do not bind
		want = []string{"wrote", "may write", "up"}
	}
	if diff := cmp.Diff(want, c.logLines(t, group, task)); diff != "" {
		t.Error(diff)
	}
}

func TestPullIsRecorded(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	uri := c.push(t, scripted(t, "amd64", "exit 0"), "x")
	name := uri[strings.Index(uri, "/")+1:]
	c.awaitTask(t, c.runImage(t, uri+":x", c.logGroup(t, nil), nil), "STOPPED")
	got := must(c.ecr.DescribeImages(t.Context(), &ecr.DescribeImagesInput{RepositoryName: &name}))(t).ImageDetails
	if len(got) != 1 || got[0].LastRecordedPullTime == nil {
		t.Errorf("got %+v", got)
	}
}
