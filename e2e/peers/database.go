//go:build e2e

package peers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// emptyDatabase puts an empty database into a server's home: making its tables takes a server more CPU than all else
// that it does to start, so that the first one of a virtual environment keeps a copy of its own there. made keeps it,
// of a server that has started and got no call yet.
func emptyDatabase(python, home string) (made func(context.Context) error, err error) {
	database := filepath.Join(home, "prefect.db")
	kept := filepath.Join(filepath.Dir(filepath.Dir(python)), "empty.db")
	tables, err := os.ReadFile(kept)
	if err == nil {
		return func(context.Context) error { return nil }, os.WriteFile(database, tables, 0o600)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("failed to read an empty database: %w", err)
	}
	return func(ctx context.Context) error {
		// SQLite itself reads what a server has open; the name comes last, since others may look for it.
		const copies = "import os, sqlite3, sys; _, database, kept = sys.argv; part = f'{kept}.{os.getpid()}'; " +
			"sqlite3.connect(database).execute('VACUUM INTO ?', (part,)); os.rename(part, kept)"
		if out, err := exec.CommandContext(ctx, python, "-c", copies, database, kept).CombinedOutput(); err != nil {
			return fmt.Errorf("failed to keep an empty database: %w: %s", err, out)
		}
		return nil
	}, nil
}
