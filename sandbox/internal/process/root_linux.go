package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// rootWay is how this machine lets us give a process a root of its own.
type rootWay struct {
	byThread       bool   // a thread of ours may leave our mounts: root may
	unshare, mount string // util-linux's, which open a user namespace for everybody else; "" without
	err            error  // neither
}

// findRootWay tries it out once.
var findRootWay = sync.OnceValue(func() rootWay {
	tried := make(chan error)
	go onOwnThread(func() { tried <- leaveOurMounts() })
	if <-tried == nil {
		return rootWay{byThread: true}
	}
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		return rootWay{err: errors.New("no mount namespace for this user, and no unshare of util-linux on PATH")}
	}
	mount, err := exec.LookPath("mount")
	if err != nil {
		return rootWay{err: errors.New("no mount namespace for this user, and no mount of util-linux on PATH")}
	}
	way := rootWay{unshare: unshare, mount: mount}
	trial := exec.Command(unshare, append(slices.Clone(userNamespace), mount, "--rbind", "/proc", "/proc")...)
	if out, err := trial.CombinedOutput(); err != nil {
		return rootWay{err: fmt.Errorf("no user namespace for this user: %s", strings.TrimSpace(string(out)))}
	}
	return way
})

// userNamespace lets a user without rights mount, where nobody else sees it.
var userNamespace = []string{"--mount", "--user", "--map-root-user"}

// OwnRoots returns why containers cannot have a root of their own here; nil: they have one.
func OwnRoots() error { return findRootWay().err }

// enter changes a command that is about to be started by this thread, which is locked and ends with the command.
func (r *Root) enter(cmd *exec.Cmd) error {
	way := findRootWay()
	if way.err != nil {
		return way.err
	}
	if !way.byThread {
		r.enterByTools(cmd, way)
		return nil
	}
	if err := leaveOurMounts(); err != nil {
		return err
	}
	for _, m := range r.Mounts {
		if err := m.mount(filepath.Join(r.Dir, m.Path)); err != nil {
			return err
		}
	}
	cmd.SysProcAttr.Chroot = r.Dir
	return nil
}

// leaveOurMounts gives this thread mounts of its own, which nobody else sees.
func leaveOurMounts() error {
	if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
		return fmt.Errorf("failed to open a mount namespace: %w", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("failed to keep mounts private: %w", err)
	}
	return nil
}

func (m Mount) mount(target string) error {
	err := syscall.Mount(m.source(), target, "", syscall.MS_BIND|syscall.MS_REC, "")
	if err == nil && !m.Writable {
		err = syscall.Mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	}
	if err != nil {
		return &fs.PathError{Op: "mount", Path: m.source(), Err: err}
	}
	return nil
}

// enterScript mounts what its table lists, and changes the root. Its arguments are the table, the root, the working
// directory and the command; mount and unshare stand in its own text, because PATH is the container's. mount wants a
// table that is a file.
const enterScript = `table=$1 root=$2 dir=$3; shift 3
printf '%s' "$table" > "$root/.mounts" && @mount --all --fstab "$root/.mounts" || exit 125
/bin/rm -f "$root/.mounts"
exec @unshare --root="$root" --wd="$dir" "$@"`

// enterByTools does the same in a user namespace. There the kernel lets nobody make a mount read-only whose other
// limits it would lose, so that what the user may write the container may write.
func (r *Root) enterByTools(cmd *exec.Cmd, way rootWay) {
	var table strings.Builder
	for _, m := range r.Mounts {
		fmt.Fprintf(&table, "%s %s none rbind 0 0\n", fstabField(m.source()), fstabField(filepath.Join(r.Dir, m.Path)))
	}
	names := strings.NewReplacer("@mount", way.mount, "@unshare", way.unshare)
	args := append([]string{way.unshare}, userNamespace...)
	args = append(args, "/bin/sh", "-c", names.Replace(enterScript), "sh", table.String(), r.Dir, cmd.Dir, cmd.Path)
	cmd.Path, cmd.Args, cmd.Dir = way.unshare, append(args, cmd.Args[1:]...), "/"
}

func fstabField(path string) string {
	return strings.NewReplacer(`\`, `\134`, " ", `\040`, "\t", `\011`, "\n", `\012`).Replace(path)
}

// onOwnThread does something on a thread that ends with it, which is never the main one: what that sees is what /proc
// says of the whole process.
func onOwnThread(do func()) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	if syscall.Gettid() != os.Getpid() {
		do()
		return
	}
	other := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(other)
		do()
	}()
	<-other
	runtime.UnlockOSThread()
}
