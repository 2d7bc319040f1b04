#!/bin/sh
# stamp.sh [VERSION [URL]]: the flags for the linker that write version, commit and date into a build, and for a
# release the address of the file with the newest version. Without VERSION it is the commit's tag, else a
# version made of the commit, as Go makes it. Outside of a checkout it prints nothing.
set -eu
package=ecsctl/internal/buildinfo
commit=$(git rev-parse HEAD 2>/dev/null) || exit 0
date=$(TZ=UTC0 git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)
version=${1:-}
if [ -z "$version" ]; then
    version=$(git describe --tags --exact-match 2>/dev/null ||
        TZ=UTC0 git log -1 --abbrev=12 --date=format-local:%Y%m%d%H%M%S --format=v0.0.0-%cd-%h)
    git diff --quiet HEAD || version=$version+dirty
fi
printf '%s' "-X $package.stamp=ecsctl-build|$version|$commit|$date|"
[ -z "${2:-}" ] || printf ' %s' "-X $package.latest=$2"
