#!/bin/sh
# Installs ecsctl @VERSION@ for Linux or macOS: sh install.sh
#
# ECSCTL_PREFIX=DIR is where to: DIR/bin and DIR/share (default: /usr/local for root, else
# ~/.local). ECSCTL_URL=URL is a folder with the release's files (default: @URL@).
# Every download is checked against the checksums in this file.
set -eu

main() {
    url=${ECSCTL_URL:-@URL@}
    if [ "$(id -u)" = 0 ]; then default=/usr/local; else default=$HOME/.local; fi
    prefix=${ECSCTL_PREFIX:-$default}
    case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail "ecsctl has no archive for $(uname -s)" ;;
    esac
    case $(uname -m) in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "ecsctl has no archive for $(uname -m)" ;;
    esac
    archive=ecsctl_@VERSION@_${os}_$arch.tar.gz
    wanted=$(checksums | sed -n "s/^\([0-9a-f]*\)  $archive\$/\1/p")
    [ -n "$wanted" ] || fail "this release has no $archive"

    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    download "$url/$archive" "$work/$archive"
    found=$(checksum "$work/$archive")
    [ "$found" = "$wanted" ] || fail "$url/$archive has the checksum $found, and it must be $wanted: nothing was installed"
    tar -xzf "$work/$archive" -C "$work"
    mkdir -p "$prefix/bin" "$prefix/share/ecsctl"
    # A program that runs is replaced, not written over.
    mv -f "$work"/ecsctl-worker-linux-*.gz "$prefix/share/ecsctl/"
    mv -f "$work/ecsctl" "$prefix/bin/ecsctl"
    echo "installed $("$prefix/bin/ecsctl" version | head -n 1) as $prefix/bin/ecsctl"
    case :$PATH: in
    *:"$prefix/bin":*) ;;
    *) echo "add $prefix/bin to PATH" ;;
    esac
}

fail() {
    echo "install.sh: $1" >&2
    exit 1
}

download() {
    if command -v curl >/dev/null; then
        curl -fsSL -o "$2" "$1" || fail "failed to download $1"
    elif command -v wget >/dev/null; then
        wget -q -O "$2" "$1" || fail "failed to download $1"
    else
        fail "curl or wget is needed"
    fi
}

checksum() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

checksums() {
    cat <<'SUMS'
@CHECKSUMS@
SUMS
}

# At the end, so that half a download of this file does nothing.
main
