#!/usr/bin/env bash
# Runs every fuzz target of the module for a time, one after the other, and goes on past one
# that fails: tools/fuzz.sh FUZZTIME
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
passed=0
failed=0
while IFS=: read -r file target; do
    echo "== $target (./$(dirname "$file"))"
    if go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" "./$(dirname "$file")"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done < <(git grep -o --untracked 'func Fuzz[A-Za-z0-9_]*(f \*testing.F' -- '*_test.go' | sed 's/:func \(Fuzz[A-Za-z0-9_]*\).*/:\1/')
echo "fuzz: $passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
