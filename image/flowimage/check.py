"""Imports a flow as Prefect does, and says in one line of JSON how that went.

Arguments: the folder of packages, then the entrypoints, PATH:NAME each, relative to the working directory.
"""

import ast
import importlib.util
import json
import os
import site
import sys
import traceback


def load(path):
    folder = os.path.dirname(os.path.abspath(path))
    spec = importlib.util.spec_from_file_location(
        "ecsctl_flow", path, submodule_search_locations=[folder, os.getcwd()]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["ecsctl_flow"] = module
    for place in (os.getcwd(), folder):
        sys.path.insert(0, place)
    spec.loader.exec_module(module)
    return module


def where(error):
    """The innermost line of the user's own files that an error came by."""
    here = os.getcwd() + os.sep
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        name = os.path.abspath(frame.filename)
        if name.startswith(here) and not frame.filename.startswith("<"):
            return name[len(here) :].replace(os.sep, "/"), frame.lineno
    return "", 0


def defined(path):
    """The functions of a file that has not been imported to its end."""
    with open(path, encoding="utf-8") as file:
        return [node.name for node in ast.parse(file.read()).body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def check(entrypoint):
    path, _, name = entrypoint.rpartition(":")
    try:
        import prefect  # noqa: F401
    except BaseException as error:
        return {"kind": "prefect", "message": type(error).__name__ + ": " + str(error)}
    try:
        module = load(path)
    except SyntaxError as error:
        file = os.path.relpath(error.filename or path).replace(os.sep, "/")
        return {"kind": "syntax", "file": file, "line": error.lineno or 0, "message": error.msg}
    except ModuleNotFoundError as error:
        file, line = where(error)
        return {"kind": "module", "name": error.name or "", "file": file, "line": line, "message": str(error)}
    except BaseException as error:
        file, line = where(error)
        kind = "raised" if name in defined(path) else "missing"
        return {"kind": kind, "file": file, "line": line, "message": type(error).__name__ + ": " + str(error)}
    return judge(module, name)


def judge(module, name):
    from prefect import Flow

    flows = {key: value for key, value in vars(module).items() if isinstance(value, Flow)}
    found = getattr(module, name, None)
    if found is None:
        return {"kind": "missing", "flows": sorted(flows)}
    if not isinstance(found, Flow):
        return {"kind": "noflow", "flows": sorted(flows), "message": type(found).__name__}
    twins = sorted(key for key, value in flows.items() if value is not found and value.name == found.name)
    if twins:
        return {"kind": "twins", "name": found.name, "flows": twins}
    return {"kind": "fine", "name": found.name}


def main():
    site.addsitedir(sys.argv[1])
    out = [dict(check(entrypoint), entrypoint=entrypoint) for entrypoint in sys.argv[2:]]
    sys.stdout.flush()
    os.write(1, ("\n@@ecsctl@@" + json.dumps(out) + "\n").encode())


main()
