package executable_test

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"ecsctl/internal/executable"
)

// A program that was just written runs, however many others are started beside it.
func TestAWrittenProgramRuns(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no shell")
	}
	dir, group := t.TempDir(), sync.WaitGroup{}
	for i := range 8 {
		group.Go(func() {
			for n := range 40 {
				path := filepath.Join(dir, strconv.Itoa(i)+"-"+strconv.Itoa(n))
				if err := executable.Write(path, []byte("#!/bin/sh\n")); err != nil {
					t.Error(err)
				}
				if err := exec.CommandContext(t.Context(), path).Run(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
