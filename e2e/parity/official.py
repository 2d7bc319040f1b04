"""Runs jobs through the real ECSWorker of prefect-aws and prints what it sends.

    official.py [--cases FILE] [--generate N] [--named N] [--older N] [--empties N]
                [--capacity N] [--seed N]

One JSON object a line: first {"seed", "prefect", "prefect_aws"}, then one for each
job with its inputs and either the recorded requests or why the worker refused. The
requests are the bodies as botocore would put them on the wire; moto answers them.
"""

import argparse
import asyncio
import contextlib
import functools
import gc
import json
import logging
import os
import random
import sys
import tempfile
import types
import uuid
from pathlib import Path

gc.set_threshold(100_000, 50, 50)  # as in peers/prefect_server.py

# The worker's own region, and the one of the credentials in cases.json.
REGIONS = ["us-east-1", "eu-west-1"]

HOME = tempfile.mkdtemp(prefix="ecsctl-parity-")
for name in [n for n in os.environ if n.startswith(("PREFECT", "AWS_"))]:
    del os.environ[name]
os.environ.update(
    PREFECT_HOME=HOME,
    AWS_DEFAULT_REGION=REGIONS[0],
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_EC2_METADATA_DISABLED="true",
    MOTO_EC2_LOAD_DEFAULT_AMIS="false",
)

import boto3
import httpx
import prefect
import prefect_aws
from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend
from moto.ecs.models import EC2ContainerServiceBackend
from prefect.client.schemas.objects import BlockDocument, Flow, FlowRun, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.context import SettingsContext
from prefect.exceptions import ObjectNotFound
from prefect.settings import Profile, Settings, get_current_settings
from prefect.workers.base import BaseJobConfiguration
from prefect_aws.workers import ecs_worker

import capacity
import case as cases
import empties
import generate
import named
import older

# One attempt: the official worker waits between attempts that moto refuses.
ecs_worker.EcsWorkerSettings = lambda: types.SimpleNamespace(
    create_task_run_max_attempts=1,
    create_task_run_min_delay_seconds=0,
    create_task_run_min_delay_jitter_seconds=0,
    create_task_run_max_delay_jitter_seconds=0,
    register_task_definition_max_attempts=1,
    register_task_definition_initial_delay_seconds=0,
    register_task_definition_max_delay_seconds=0,
)

_environments = {}  # what each settings object hands down
_base_environment = BaseJobConfiguration._base_environment


def _base_environment_once():
    settings = get_current_settings()
    if id(settings) not in _environments:
        _environments[id(settings)] = (settings, _base_environment())
    return dict(_environments[id(settings)][1])


BaseJobConfiguration._base_environment = staticmethod(_base_environment_once)

_requirements = EC2ContainerServiceBackend._calculate_task_resource_requirements


def _requirements_with_defaults(task_definition):
    # moto's RunTask needs sizes on each container, Fargate's do not have them.
    for container in task_definition.container_definitions:
        container.setdefault("memory", 0)
        container.setdefault("cpu", 0)
    return _requirements(task_definition)


EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(
    _requirements_with_defaults
)


class Server:
    """As much of a Prefect client as the resolution of a job asks for."""

    def __init__(self, job, objects):
        self.job, self.objects = job, objects

    async def read_deployment(self, _):
        return DeploymentResponse.model_validate(self.objects["deployment"])

    async def read_flow(self, _):
        return Flow.model_validate(self.objects["flow"])

    async def read_block_document_by_name(self, name, block_type_slug):
        return self._block(self.job.get("blocks", {}), f"{block_type_slug}/{name}")

    async def read_block_document(self, block_id):
        return self._block(self.job.get("blocks_by_id", {}), str(block_id))

    def _block(self, blocks, key):
        if key not in blocks:
            response = httpx.Response(404, request=httpx.Request("GET", "http://server/"))
            raise ObjectNotFound(httpx.HTTPStatusError("404", request=response.request, response=response))
        return BlockDocument.model_construct(id=uuid.uuid4(), name=key, data=blocks[key])

    async def read_variable_by_name(self, name):
        if name in self.job.get("variables", {}):
            return types.SimpleNamespace(value=self.job["variables"][name])
        return None


SETTINGS = {}  # by the variables that they come from: reading them is most of a job's time


@contextlib.contextmanager
def environment(job):
    before = dict(os.environ)
    os.environ.update(job.get("settings", {}) | job.get("environ", {}))
    key = json.dumps(job.get("settings", {}) | job.get("environ", {}), sort_keys=True)
    if key not in SETTINGS:
        SETTINGS[key] = Settings()
    try:
        with SettingsContext(profile=Profile(name="parity", settings={}), settings=SETTINGS[key]):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@functools.cache
def client(service, region):
    return boto3.client(service, region_name=region)


def prepare_aws(job):
    """Makes what the case needs, and says what there is."""
    reset(job)
    ecs, ec2 = client("ecs", REGIONS[0]), client("ec2", REGIONS[0])
    ecs.create_cluster(clusterName="default")
    described = [register(ecs, definition) for definition in job.get("registered", [])]
    if job.get("vpc") in ("none", "empty"):
        for subnet in ec2.describe_subnets()["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    if job.get("vpc") == "none":
        for vpc in ec2.describe_vpcs()["Vpcs"]:
            ec2.delete_vpc(VpcId=vpc["VpcId"])
    vpcs = [vpc for region in REGIONS for vpc in list_vpcs(region)]
    return {"described": described, "vpcs": vpcs}


REGISTERED = {}  # what moto holds: its definitions by what they were made from


def register(ecs, definition):
    key = json.dumps(definition)
    if key not in REGISTERED:
        made = ecs.register_task_definition(**definition)["taskDefinition"]
        made.pop("registeredAt", None)
        REGISTERED[key] = made
    return REGISTERED[key]


def reset(job):
    """Empties moto where this job, or the one before, needs it: it takes its time."""
    REQUESTS.clear()
    shared = job["name"].startswith("named ")  # no other job's families are theirs
    dirty = "vpc" in job or "registered" in job and not shared or "match_latest" in json.dumps(job)
    if dirty or reset.before:
        moto_api_backend.reset()
        list_vpcs.cache_clear()
        REGISTERED.clear()
    reset.before = dirty


reset.before = True


@functools.cache
def list_vpcs(region):
    ec2 = client("ec2", region)
    return [
        {
            "id": vpc["VpcId"],
            "region": region,
            "default": vpc["IsDefault"],
            "subnets": [
                subnet["SubnetId"]
                for subnet in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
            ],
        }
        for vpc in ec2.describe_vpcs()["Vpcs"]
    ]


def substitute(job, aws):
    """$VPC, $SUBNET0 and such become the ids that moto made."""
    text = json.dumps(job)
    for vpc in aws["vpcs"]:
        if vpc["default"] and vpc["region"] == REGIONS[0]:
            text = text.replace("$VPC", vpc["id"])
            for i, subnet in enumerate(vpc["subnets"]):
                text = text.replace(f"$SUBNET{i}", subnet)
    return json.loads(text)


REQUESTS = {}  # of the job at hand


def note(params, model, **_):
    REQUESTS[model.name] = json.loads(params["body"])


def record(client):
    for operation in ("RegisterTaskDefinition", "RunTask"):
        # The id keeps it from being registered twice: clients are used again.
        client.meta.events.register(f"before-call.ecs.{operation}", note, unique_id=f"parity-{operation}")


async def submit(job, objects):
    """The steps of the worker between a claimed run and its task."""
    ecs_worker._TASK_DEFINITION_CACHE.clear()
    run = FlowRun.model_validate(objects["flow_run"])
    worker = ecs_worker.ECSWorker(objects["work_pool"]["name"], name=job.get("worker"))
    worker._work_pool = WorkPool.model_validate(objects["work_pool"])
    configuration = await worker.job_configuration.resolve_for_flow_run(
        run,
        client=Server(job, objects),
        work_pool=worker._work_pool,
        worker_name=worker.name,
        worker_id=job.get("worker_id"),
    )
    client = configuration.aws_credentials.get_client("ecs")
    record(client)
    logger = logging.getLogger("parity")
    try:
        task_arn, cluster_arn = worker._prepare_and_create_task(logger, client, configuration, run)
    except Exception:
        if "RunTask" not in REQUESTS:
            raise
        task_arn = cluster_arn = None  # moto refused what was sent
    return {
        "name": configuration.name,
        "cluster": configuration.cluster,
        "region": client.meta.region_name,
        "register": REQUESTS.get("RegisterTaskDefinition"),
        "run": REQUESTS["RunTask"],
    }


def run_case(job, default_template):
    job.setdefault("worker", "ECSWorker parity")
    job.setdefault("worker_id", cases.IDS["worker"])
    with environment(job):
        aws = prepare_aws(job)
        job = substitute(job, aws)
        objects = cases.build(job, default_template)
        # What the server sends is what the models make of it.
        line = {"case": job, "objects": json.loads(json.dumps(objects)), "aws": aws}
        try:
            line["official"] = asyncio.run(submit(job, objects))
        except Exception as refused:
            line["refused"] = f"{type(refused).__name__}: {refused}"[:2000]
    return line


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", default=Path(__file__).with_name("cases.json"))
    parser.add_argument("--generate", type=int, default=100)
    parser.add_argument("--named", type=int, default=100)
    parser.add_argument("--older", type=int, default=80)
    parser.add_argument("--empties", type=int, default=10**6)
    parser.add_argument("--capacity", type=int, default=240)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    default_template = ecs_worker.ECSWorker.get_default_base_job_template()
    jobs = json.loads(Path(options.cases).read_text())
    jobs += generate.jobs(options.seed, options.generate)
    jobs += named.jobs(options.seed, options.named)
    jobs += older.jobs(options.seed, options.older)
    jobs += capacity.jobs(options.seed, options.capacity)
    jobs += empties.jobs(options.seed, options.empties, default_template)
    print(json.dumps({"seed": options.seed, "prefect": prefect.__version__, "prefect_aws": prefect_aws.__version__}))
    with mock_aws():
        for job in jobs:
            print(json.dumps(run_case(job, default_template), default=str), flush=True)


if __name__ == "__main__":
    sys.exit(main())
