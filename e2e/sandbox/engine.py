"""Flows of which each attempt is written down: its run, and the process that it was made by."""

import time
import uuid
from pathlib import Path

from prefect import flow, runtime

process, attempts = uuid.uuid4().hex, []


def attempt():
    attempts.append(process)
    with Path(__file__).with_name("attempts").open("a") as file:
        file.write(f"{runtime.flow_run.id} {process}\n")


@flow
def returns():
    attempt()


@flow
def hangs():
    attempt()
    while True:
        time.sleep(0.1)


@flow(retries=1)
def fails_first():
    attempt()
    if len(attempts) == 1:
        raise ValueError("the first time")


@flow(retries=1, retry_delay_seconds=3600)
def waits_to_retry():
    attempt()
    raise ValueError("each time")
