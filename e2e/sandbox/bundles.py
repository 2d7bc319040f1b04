"""A user's flows that are no deployments: their code travels in bundles.

    bundles.py submit BEHAVIOUR...   submits runs to the work pool, prints "submitted" and the id of each
    bundles.py retry RUN             runs a run again with a worker of this process's own

BUNDLES has the work pool, the job variables and the program that uploads, as JSON.
"""

import asyncio
import json
import os
import sys
import time
import uuid

from prefect import flow, get_client, runtime
from prefect_aws.decorators import ecs

given = json.loads(os.environ["BUNDLES"])


@ecs(
    work_pool=given["pool"],
    launcher={"upload": [given["upload"]], "execution": ["python"]},
    **given["variables"],
)
@flow(name="bundled", persist_result=True)
def bundled(behaviour):
    if behaviour == "fails first" and runtime.flow_run.run_count == 1:
        raise ValueError("the first time")
    while behaviour == "hangs":
        time.sleep(0.1)
    return behaviour


async def retry(run):
    async with get_client() as client:
        return await bundled.retry(await client.read_flow_run(uuid.UUID(run)))


if sys.argv[1] == "retry":
    print(asyncio.run(retry(sys.argv[2])))
else:
    for wanted in sys.argv[2:]:
        print("submitted", bundled.submit_to_work_pool(wanted).flow_run_id, flush=True)
