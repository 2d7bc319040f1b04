"""Makes a deployment through Prefect's client, runs a flow against the sandbox's Prefect
API, and keeps a variable in it."""

import asyncio

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import VariableCreate
from prefect.logging import get_run_logger


@flow
def sums(n):
    get_run_logger().info("adding up")
    return n + n


def same(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


async def check():
    async with get_client() as client:
        assert (await client.api_healthcheck()) is None
        pool = await client.read_work_pool("my-ecs-pool")
        same(pool.type, "ecs")
        same({run.state_name for run in await client.read_flow_runs()}, {"Completed"})
        flow_id = await client.create_flow_from_name("my-flow")
        deployment = await client.create_deployment(
            flow_id=flow_id, name="hello", work_pool_name="my-ecs-pool", parameter_openapi_schema={"type": "object", "properties": {}}
        )
        same((await client.read_deployment_by_name("my-flow/hello")).id, deployment)
        variable = await client.create_variable(VariableCreate(name="colour", value="red"))
        same((await client.read_variable_by_name("colour")).id, variable.id)


same(sums(3), 6)
asyncio.run(check())
print("all fine")
