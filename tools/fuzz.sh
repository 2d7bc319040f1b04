#!/usr/bin/env bash
# Runs every fuzz target of the module for a time, as many at once as there are processors and
# each with one of them, and goes on past one that fails: tools/fuzz.sh FUZZTIME
# Only the code of this module tells the fuzzer what an input covers: -fuzz would compile all that a package depends
# on anew for that, the AWS SDK too. The programs are made first, one after the other: two builds at once would each
# compile what the other does.
# An input that covers something new is made smaller for a minute by default, in which nothing else is
# tried: a short run would try a dozen inputs in all.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
logs=$(mktemp -d)
programs=$(mktemp -d)
trap 'rm -rf "$logs" "$programs"' EXIT

# timeIsUp LOG: the run failed of nothing but its time. Until Go 1.27 the end of the time may be taken for a
# failure (golang/go#75804): there is this message alone, and no input. Then the log says so, and of no failure.
timeIsUp() {
    [[ $(grep -A1 -e '^--- FAIL' "$1" | sed 1d) == '    context deadline exceeded' ]] && ! grep -q 'Failing input' "$1" &&
        sed -i -e '/^--- FAIL/d; /^FAIL$/d; s/^    context deadline exceeded$/its time is up/' "$1"
}
export -f timeIsUp

# fuzz TIME DIRECTORY:TARGET: prints what the run printed, all of it at its end.
fuzz() {
    local directory=${2%:*} target=${2##*:} log=$logs/${2//\//.} status=passed
    (cd "$directory" && "$programs/${directory//\//.}" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$1" \
        -test.fuzzminimizetime 100x -test.parallel 1 -test.fuzzcachedir "$(go env GOCACHE)/fuzz/$module/$directory") \
        >"$log" 2>&1 || timeIsUp "$log" || status=failed
    printf '== %s (./%s) %s\n%s\n' "$target" "$directory" "$status" "$(<"$log")"
    touch "$log.$status"
}
export -f fuzz
module=$(go list -m)
export logs programs module

targets=$(git grep -o --untracked 'func Fuzz[A-Za-z0-9_]*(f \*testing.F' -- '*_test.go' |
    sed 's|/[^/]*:func \(Fuzz[A-Za-z0-9_]*\).*|:\1|')
for directory in $(sed 's/:.*//' <<<"$targets" | sort -u); do
    go test -vet=off -c -gcflags="$module/...=-d=libfuzzer" -o "$programs/${directory//\//.}" "./$directory" || exit
done
xargs -P "$(getconf _NPROCESSORS_ONLN)" -I {} bash -c 'fuzz "$@"' _ "$1" {} <<<"$targets"

passed=$(find "$logs" -name '*.passed' | wc -l)
failed=$(find "$logs" -name '*.failed' | wc -l)
echo "fuzz: $passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
