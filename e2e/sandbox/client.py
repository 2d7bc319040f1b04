"""Uses the sandbox's Prefect API through Prefect's client: flows with tasks and a subflow,
blocks that refer to each other, artifacts, variables, limits, and a deployment."""

import asyncio
import sys

import prefect
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import VariableCreate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey, FlowRunFilter, FlowRunFilterParentTaskRunId
from prefect.logging import get_run_logger
from prefect_aws import AwsCredentials, S3Bucket

two = prefect.__version__.startswith("2.")


def same(got, want):
    assert got == want, f"got {got!r}, want {want!r}"


@task
def add(a, b):
    return a + b


@task(retries=1, retry_delay_seconds=0)
def second_time(seen=[]):  # noqa: B006, it is to be kept
    seen.append(1)
    if len(seen) < 2:
        raise ValueError("the first time")
    return len(seen)


@flow
def inner(n):
    return add(n, 1)


@flow
def sums(n):
    get_run_logger().info("adding up")
    first = add.submit(n, n)
    second = add.submit(first, 1)
    create_markdown_artifact("# a sum", key="sum")
    create_table_artifact([{"a": 1}], key="table")
    return second.result() + second_time() + inner(4)


def blocks():
    Secret(value="hush").save("mine")
    same(Secret.load("mine").get(), "hush")
    Secret(value="changed").save("mine", overwrite=True)
    same(Secret.load("mine").get(), "changed")
    credentials = AwsCredentials(aws_access_key_id="key", aws_secret_access_key="hush", region_name="eu-west-1")
    credentials.save("credentials")
    S3Bucket(bucket_name="bucket", credentials=credentials).save("bucket")
    bucket = S3Bucket.load("bucket")
    same((bucket.bucket_name, bucket.credentials.aws_secret_access_key.get_secret_value()), ("bucket", "hush"))
    AwsCredentials.load("credentials")


async def check():
    async with get_client() as client:
        assert (await client.api_healthcheck()) is None
        same((await client.read_work_pool("my-ecs-pool")).type, "ecs")
        same({run.state_name for run in await client.read_flow_runs()}, {"Completed"})
        children = await client.read_flow_runs(flow_run_filter=FlowRunFilter(parent_task_run_id=FlowRunFilterParentTaskRunId(is_null_=False)))
        same(len(children), 1)
        if two:  # the client of Prefect 3 tells of tasks by events
            names = [run.state_name for run in await client.read_task_runs()]
            same(names, ["Completed"] * 5)
            assert any(run.run_count == 2 for run in await client.read_task_runs())
        artifacts = await client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["sum"])))
        same([artifact.data for artifact in artifacts], ["# a sum"])
        flow_id = await client.create_flow_from_name("my-flow")
        deployment = await client.create_deployment(
            flow_id=flow_id, name="hello", work_pool_name="my-ecs-pool", parameter_openapi_schema={"type": "object", "properties": {}}
        )
        same((await client.read_deployment_by_name("my-flow/hello")).id, deployment)
        variable = await client.create_variable(VariableCreate(name="colour", value="red"))
        same((await client.read_variable_by_name("colour")).id, variable.id)


same(sums(3), 7 + 2 + 5)
blocks()
asyncio.run(check())
print("all fine")
sys.exit(0)
