#!/usr/bin/env bash
# Downloads the Go vulnerability database, which is a Go module, and prints the folder of its
# entries: tools/vulndb.sh VERSION
set -euo pipefail
# In a folder without a go.mod nothing of ours is asked for.
cd /
dir=$(go mod download -json "golang.org/x/vulndb@$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
[[ -d $dir/data/osv ]] || { echo "vulndb.sh: golang.org/x/vulndb@$1 has no data/osv" >&2; exit 1; }
echo "$dir/data/osv"
