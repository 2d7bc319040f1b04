//go:build linux

package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"ecsctl/internal/executable"
	"ecsctl/internal/testkit/staticbuild"
	"ecsctl/sandbox"
)

// needOwnRoots: elsewhere containers see this machine, which the sandbox says.
func needOwnRoots(t *testing.T) {
	t.Helper()
	if err := sandbox.OwnRoots(); err != nil {
		t.Skip(err)
	}
}

// laptop is a folder with what must stay there, and one that is declared.
type laptop struct{ code, volume string }

func newLaptop(t *testing.T) laptop {
	t.Helper()
	l := laptop{code: t.TempDir(), volume: t.TempDir()}
	for _, dir := range []string{l.code, l.volume} {
		if err := os.WriteFile(filepath.Join(dir, "flow.py"), []byte("print()\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// look says of each thing whether a container sees it.
func (l laptop) look() string {
	return strings.NewReplacer("CODE", l.code, "VOLUME", l.volume).Replace(`
test -e CODE/flow.py && echo code || echo no code
cd CODE 2>/dev/null && echo entered
test -e VOLUME/flow.py && echo volume
echo written > VOLUME/out && echo volume written
test -e /tmp/mine -o -e "$HOME/mine" && echo what another left
touch /tmp/mine "$HOME/mine" && echo own files
test -d /home -o -d /work -o -d /mnt && echo folders of users
true`)
}

var seen = []string{"no code", "volume", "volume written", "own files"}

// TestAContainerSeesItsImage and the volumes that were declared: what is only on the laptop is not there, as it is not
// at AWS.
func TestAContainerSeesItsImage(t *testing.T) {
	t.Parallel()
	needOwnRoots(t)
	l := newLaptop(t)
	for name, image := range map[string]func(*testing.T, *clients) string{
		"played by a directory": func(*testing.T, *clients) string { return testImage },
		"pulled": func(t *testing.T, c *clients) string {
			return c.push(t, imageOf(t, "amd64", v1.Config{Env: []string{"PATH=/opt/bin:/bin"}},
				layerOf(t, map[string]string{
					"opt/bin/app": "#!/bin/sh" + l.look()})), "latest") + ":latest"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := sandbox.Options{Volumes: []string{l.volume}}
			if name == "pulled" {
				o.Volumes = append(o.Volumes, shell()...)
			}
			c := running(t, l.look()+"\ntest -w /usr/bin && echo the system may be written", o)
			group := c.logGroup(t, nil)
			for range 2 { // the second finds nothing of the first
				task := c.run(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
					logged(group)(in)
					in.ContainerDefinitions[0].Image = aws.String(image(t, c))
				}), nil)
				c.awaitTask(t, task, "STOPPED")
				if diff := cmp.Diff(seen, c.logLines(t, group, task)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// TestAnImageOfOneProgram has no shell and no libraries: its program sees itself, and a script is not run by this
// machine's shell.
func TestAnImageOfOneProgram(t *testing.T) {
	t.Parallel()
	needOwnRoots(t)
	program := string(must(staticbuild.Program("ecsctl/sandbox/testdata/lsroot"))(t))
	c := start(t, sandbox.Options{Volumes: []string{}})
	group := c.logGroup(t, nil)
	uri := c.push(t, imageOf(t, "amd64", v1.Config{Entrypoint: []string{"/app"}}, layerOf(t, map[string]string{
		"app": program, "script": "#!/bin/sh\n",
	})), "latest") + ":latest"
	task := c.runImage(t, uri, group, nil)
	c.awaitTask(t, task, "STOPPED")
	if diff := cmp.Diff([]string{"/: app dev etc proc root script tmp"}, c.logLines(t, group, task)); diff != "" {
		t.Error(diff)
	}
	got := c.awaitTask(t, c.runImage(t, uri, group, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].EntryPoint = []string{"/script"}
	}), "STOPPED")
	if got.StopCode != types.TaskStopCodeTaskFailedToStart ||
		!strings.Contains(aws.ToString(got.Containers[0].Reason), "no such file or directory") {
		t.Errorf("got %s: %s", got.StopCode, aws.ToString(got.Containers[0].Reason))
	}
}

// TestAStandInBringsItsProgramsAlong: what its links lead to and what interprets its scripts, and of an environment of
// Python all that belongs to it.
func TestAStandInBringsItsProgramsAlong(t *testing.T) {
	t.Parallel()
	needOwnRoots(t)
	base := t.TempDir()
	write := func(path, content string) {
		t.Helper()
		path = filepath.Join(base, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := executable.Write(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, path string) {
		t.Helper()
		if err := os.Symlink(filepath.Join(base, target), filepath.Join(base, path)); err != nil {
			t.Fatal(err)
		}
	}
	write("python/bin/python3", "#!/bin/sh\ncat "+base+"/python/lib/python3.11/os.py\n. \"$1\"\n")
	write("python/lib/python3.11/os.py", "standard library\n")
	write("venv/pyvenv.cfg", "home = "+base+"/python/bin\n")
	write("venv/lib/site", "echo packages\n")
	write("venv/bin/app", "#!"+base+"/python/bin/python3\n. "+base+"/venv/lib/site\ntool\nhelper\n")
	write("elsewhere/tool", "#!/bin/sh\necho tool\n")
	write("elsewhere/other", "#!/bin/sh\necho other\n")
	link("elsewhere/tool", "venv/bin/tool")
	write("venv/bin/helper", "#!/bin/sh\nls "+base+" "+base+"/elsewhere | tr '\\n' ' '\n")
	c := start(t, sandbox.Options{
		Images: map[string]string{"example/*": filepath.Join(base, "venv/bin")}, Volumes: []string{},
	})
	group := c.logGroup(t, nil)
	task := c.run(t, c.app(t, logged(group)), nil)
	c.awaitTask(t, task, "STOPPED")
	want := []string{"standard library", "packages", "tool",
		base + ": elsewhere python venv  " + base + "/elsewhere: tool "}
	if diff := cmp.Diff(want, c.logLines(t, group, task)); diff != "" {
		t.Error(diff)
	}
}
