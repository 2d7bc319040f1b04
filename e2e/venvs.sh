#!/usr/bin/env bash
# Makes the Python virtual environments of the end-to-end tests: the real Prefect
# servers and workers, moto, the AWS CLI, IAM's linters and nfpm, which makes packages. Does nothing where one is up
# to date.
#
#   e2e/venvs.sh              all of them, in .venvs/ at the root of the repository
#   e2e/venvs.sh prefect3     one; prefect39, the newest Prefect, is made only so
#
# ECSCTL_E2E_VENVS=DIR uses the environments in DIR as they are and makes none.
# PYTHON names the interpreter. Without it, it is the system's python3.11: distributions, as Prefect's images, have one
# that was optimized with its own profile, and the one of pyenv, which may come first on PATH, takes half as long again.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(dirname "$here")/.venvs
python=${PYTHON:-$(command -v /usr/bin/python3.11 python3.11 | head -n 1)}

# make_venv NAME: the stamp is written last, so a half-made one is made anew. uv fills them, with half of the CPU that pip
# takes. Their bytecode is made now, since containers of the sandbox may not write it; but for packages that are large,
# and that only servers and linters import, a part of them. The few files that are no Python, such as templates, say so.
make_venv() {
    local name=$1 dir=$target/$1 wanted stamp=$target/$1/.requirements.sha256
    wanted="$(sha256sum <"$here/requirements-$name.txt") $python"
    if [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
        return
    fi
    echo "making .venvs/$name" >&2
    rm -rf "$dir"
    if [[ $name == uv ]]; then
        "${PYTHON:-python3.11}" -m venv "$dir" # the system's may lack ensurepip
        "$dir/bin/pip" install --quiet --no-input --disable-pip-version-check --no-deps -r "$here/requirements-uv.txt"
    else
        "$target/uv/bin/uv" venv --quiet --seed --python "$python" "$dir"
        "$target/uv/bin/uv" pip install --quiet --python "$dir" --no-deps -r "$here/requirements-$name.txt"
        "$dir/bin/python" -m compileall -q -j 2 -x '/(kubernetes|moto|mpmath|networkx|pip|setuptools|sympy)/' "$dir/lib" \
            >"$dir/compileall.log" || true
        "$target/uv/bin/uv" pip check --quiet --python "$dir"
    fi
    echo "$wanted" >"$stamp"
}

if [[ -n ${ECSCTL_E2E_VENVS:-} ]]; then
    exit 0
fi
names=("$@")
if [[ ${#names[@]} -eq 0 ]]; then
    names=(prefect3 prefect2 aws lint release)
fi
mkdir -p "$target"
make_venv uv
pids=()
for name in "${names[@]}"; do
    make_venv "$name" &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
done
exit "$failed"
