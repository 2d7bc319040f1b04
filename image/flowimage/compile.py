"""Compiles every module below a folder, as if it lay at another place, so that two builds are the same bytes.

The bytecode is checked against nothing (PEP 552): a file in an image does not change. What the compiler writes depends a
little on what the process did before; so files are compiled in groups of a fixed size, each in a process of its own.
"""

import multiprocessing
import os
import py_compile
import sys

GROUP = 400


def compile_group(root, place, names):
    for name in names:
        try:
            py_compile.compile(
                os.path.join(root, name),
                dfile=place + "/" + name.replace(os.sep, "/"),
                doraise=True,
                quiet=2,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except (py_compile.PyCompileError, ValueError, SyntaxError):
            pass  # templates and code for other versions of Python come along with packages


def modules(root):
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(folder, name), root)


def main(root, place):
    names = list(modules(root))
    groups = [(root, place, names[i : i + GROUP]) for i in range(0, len(names), GROUP)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(len(groups), os.cpu_count() or 1) or 1, maxtasksperchild=1) as pool:
        pool.starmap(compile_group, groups, chunksize=1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
