"""Makes work pools, deployments and flow runs with Prefect's own client.

Reads a plan as JSON from standard input and prints the ids of the runs by the name
of their group. Works with the clients of Prefect 2 and 3.
"""

import asyncio
import datetime
import json
import sys

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.states import Scheduled
from prefect_aws.workers.ecs_worker import ECSWorker


@flow(name="e2e-worker-flow")
def work():
    pass


async def make_pool(client, plan):
    pool = WorkPoolCreate(
        name=plan["pool"],
        type="ecs",
        base_job_template=ECSWorker.get_default_base_job_template(),
        concurrency_limit=plan.get("limit"),
    )
    await client.create_work_pool(work_pool=pool)
    if plan.get("paused"):
        await client.update_work_pool(plan["pool"], WorkPoolUpdate(is_paused=True))
    for queue in plan.get("queues", []):
        made = await client.create_work_queue(
            name=queue["name"],
            work_pool_name=plan["pool"],
            concurrency_limit=queue.get("limit"),
            priority=queue.get("priority"),
        )
        if queue.get("paused"):
            await client.update_work_queue(made.id, is_paused=True)


async def make_runs(client, plan):
    flow_id = await client.create_flow(work)
    ids = {}
    for group in plan["groups"]:
        more = {}
        if group.get("concurrency"):
            more["concurrency_limit"] = group["concurrency"]
        deployment = await client.create_deployment(
            flow_id=flow_id,
            name=f"{plan['pool']}-{group['name']}",
            work_pool_name=plan["pool"],
            work_queue_name=group.get("queue"),
            job_variables=group.get("variables") or {},
            **more,
        )
        ids[group["name"]] = []
        for _ in range(group["count"]):
            when = datetime.datetime.now(datetime.timezone.utc)
            when += datetime.timedelta(seconds=group.get("delay", 0))
            run = await client.create_flow_run_from_deployment(
                deployment, state=Scheduled(scheduled_time=when)
            )
            ids[group["name"]].append(str(run.id))
    return ids


async def main():
    plan = json.load(sys.stdin)
    async with get_client() as client:
        await make_pool(client, plan)
        print(json.dumps(await make_runs(client, plan)))


asyncio.run(main())
