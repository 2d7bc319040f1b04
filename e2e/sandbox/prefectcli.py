"""Runs Prefect's command line again and again in one process, by the entry point of the
`prefect` program, because each start of it takes seconds. Reads one JSON object a line,
{"args": [...]}, and answers each with one, {"code": N, "output": "..."}."""

import contextlib
import io
import json
import os
import sys

answers = os.fdopen(os.dup(1), "w")
capture = open("prefectcli.out", "w+")
os.dup2(capture.fileno(), 1)
os.dup2(capture.fileno(), 2)

from prefect.cli import app  # noqa: E402


def run(args):
    sys.argv = ["prefect", *args]
    try:
        return app() or 0
    except SystemExit as end:
        return 0 if end.code is None else end.code
    except Exception as error:
        print(type(error).__name__, error)
        return 1


for line in sys.stdin:
    capture.seek(0)
    capture.truncate()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = run(json.loads(line)["args"])
    capture.flush()
    capture.seek(0)
    output = printed.getvalue() + capture.read()
    json.dump({"code": code if isinstance(code, int) else 1, "output": output}, answers)
    answers.write("\n")
    answers.flush()
