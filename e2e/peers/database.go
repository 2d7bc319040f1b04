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

// readyDatabase tells a server that its database has all tables and types of blocks already.
var readyDatabase = []string{
	"PREFECT_API_DATABASE_MIGRATE_ON_START=false", "PREFECT_API_BLOCKS_REGISTER_ON_START=false",
}

// emptyDatabase puts an empty database into a server's home: making it takes a server more CPU than all else that it
// does to start, so that the first one of a virtual environment keeps a copy of its own there. env is for a server that
// has a copy; made keeps one, of a server that has started and got no call yet.
func emptyDatabase(python, home string) (env []string, made func(context.Context) error, err error) {
	database := filepath.Join(home, "prefect.db")
	kept := filepath.Join(filepath.Dir(filepath.Dir(python)), "empty.db")
	tables, err := os.ReadFile(kept)
	if err == nil {
		return readyDatabase, func(context.Context) error { return nil }, os.WriteFile(database, tables, 0o600)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("failed to read an empty database: %w", err)
	}
	return nil, func(ctx context.Context) error {
		// SQLite itself reads what a server has open; the name comes last, since others may look for it.
		const copies = "import os, sqlite3, sys; _, database, kept = sys.argv; part = f'{kept}.{os.getpid()}'; " +
			"sqlite3.connect(database).execute('VACUUM INTO ?', (part,)); os.rename(part, kept)"
		if out, err := exec.CommandContext(ctx, python, "-c", copies, database, kept).CombinedOutput(); err != nil {
			return fmt.Errorf("failed to keep an empty database: %w: %s", err, out)
		}
		return nil
	}, nil
}
