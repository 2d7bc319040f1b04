"""Runs jobs through the real ECSWorker of prefect-aws 0.4 on Prefect 2, as official.py does.

    official2.py [--cases FILE] [--generate N] [--older N] [--seed N]

AWS is the moto at AWS_ENDPOINT_URL: that environment has none of its own. Jobs that need
definitions or networks of their own there are official.py's alone.
"""

import argparse
import asyncio
import json
import logging
import os
import random
import sys
import tempfile
import types
import uuid
from pathlib import Path

# The worker's own region, and the one of the credentials in cases.json.
REGIONS = ["us-east-1", "eu-west-1"]
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
for name in [n for n in os.environ if n.startswith(("PREFECT", "AWS_"))]:
    del os.environ[name]
os.environ.update(
    PREFECT_HOME=tempfile.mkdtemp(prefix="ecsctl-parity-"),
    AWS_ENDPOINT_URL=ENDPOINT,
    AWS_DEFAULT_REGION=REGIONS[0],
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_EC2_METADATA_DISABLED="true",
)

import boto3
import httpx
import prefect
import prefect_aws
from prefect.client.schemas.objects import BlockDocument, Flow, FlowRun, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect_aws.workers import ecs_worker

import case as cases
import generate
import older


# One attempt: the worker waits between attempts that fail.
ecs_worker.ECSWorker._create_task_run.retry.stop = lambda _: True


class Sent(Exception):
    """RunTask is about to be sent: what happens then is no part of the comparison."""


class Server:
    """As much of a Prefect client as the resolution of a job asks for."""

    def __init__(self, job, objects):
        self.job, self.objects = job, objects

    async def read_deployment(self, _):
        return DeploymentResponse.parse_obj(self.objects["deployment"])

    async def read_flow(self, _):
        return Flow.parse_obj(self.objects["flow"])

    async def read_block_document_by_name(self, name, block_type_slug):
        return self._block(self.job.get("blocks", {}), f"{block_type_slug}/{name}")

    async def read_block_document(self, block_id):
        return self._block(self.job.get("blocks_by_id", {}), str(block_id))

    def _block(self, blocks, key):
        if key not in blocks:
            response = httpx.Response(404, request=httpx.Request("GET", "http://server/"))
            raise ObjectNotFound(httpx.HTTPStatusError("404", request=response.request, response=response))
        return BlockDocument.construct(id=uuid.uuid4(), name=key, data=blocks[key])

    async def read_variable_by_name(self, name):
        if name in self.job.get("variables", {}):
            return types.SimpleNamespace(value=self.job["variables"][name])
        return None


REQUESTS = {}


def note(params, model, **_):
    REQUESTS[model.name] = json.loads(params["body"])
    if model.name == "RunTask":
        raise Sent


async def submit(job, objects):
    ecs_worker._TASK_DEFINITION_CACHE.clear()
    REQUESTS.clear()
    run = FlowRun.parse_obj(objects["flow_run"])
    worker = ecs_worker.ECSWorker(objects["work_pool"]["name"], name=job.get("worker"))
    worker._work_pool = WorkPool.parse_obj(objects["work_pool"])
    worker._client = Server(job, objects)
    configuration = await worker._get_configuration(run)
    client = worker._get_client(configuration, "ecs")
    for operation in ("RegisterTaskDefinition", "RunTask"):
        client.meta.events.register(f"before-call.ecs.{operation}", note)
    try:
        worker._create_task_and_wait_for_start(logging.getLogger("parity"), client, configuration, run)
    except Exception:
        if "RunTask" not in REQUESTS:
            raise
    return {
        "name": configuration.name,
        "cluster": configuration.cluster,
        "region": client.meta.region_name,
        "register": REQUESTS.get("RegisterTaskDefinition"),
        "run": REQUESTS["RunTask"],
    }


def vpcs():
    out = []
    for region in REGIONS:
        ec2 = boto3.client("ec2", region_name=region)
        subnets = ec2.describe_subnets()["Subnets"]
        for vpc in ec2.describe_vpcs()["Vpcs"]:
            out.append(
                {
                    "id": vpc["VpcId"],
                    "region": region,
                    "default": vpc["IsDefault"],
                    "subnets": [s["SubnetId"] for s in subnets if s["VpcId"] == vpc["VpcId"]],
                }
            )
    return out


def substitute(job, networks):
    text = json.dumps(job)
    for vpc in (vpc for vpc in networks if vpc["region"] == REGIONS[0]):
        text = text.replace("$VPC", vpc["id"])
        for i, subnet in enumerate(vpc["subnets"]):
            text = text.replace(f"$SUBNET{i}", subnet)
    return json.loads(text)


def is_for_both(job):
    """Reports whether a job needs nothing that only official.py can make, and is not about Prefect 3."""
    apart = ("registered", "vpc", "settings", "environ", "difference")
    return not any(job.get(key) for key in apart) and job.get("deployment", {}) is not None


def run_case(job, default_template, networks):
    job.setdefault("worker", "ECSWorker parity")
    job.setdefault("worker_id", cases.IDS["worker"])
    job = substitute(job, networks)
    objects = cases.build(job, default_template)
    line = {"case": job, "objects": json.loads(json.dumps(objects)), "aws": {"described": [], "vpcs": networks}}
    try:
        line["official"] = asyncio.run(submit(job, objects))
    except Exception as refused:
        line["refused"] = f"{type(refused).__name__}: {refused}"[:2000]
    return line


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", default=Path(__file__).with_name("cases.json"))
    parser.add_argument("--generate", type=int, default=30)
    parser.add_argument("--older", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    template = ecs_worker.ECSWorker.get_default_base_job_template()
    jobs = json.loads(Path(options.cases).read_text())
    jobs += generate.jobs(options.seed, options.generate)
    jobs += older.jobs(options.seed, options.older)
    print(json.dumps({"seed": options.seed, "prefect": prefect.__version__, "prefect_aws": prefect_aws.__version__}))
    boto3.client("ecs", region_name=REGIONS[0]).create_cluster(clusterName="default")
    networks = vpcs()
    for job in filter(is_for_both, jobs):
        print(json.dumps(run_case(job, template, networks), default=str), flush=True)


if __name__ == "__main__":
    sys.exit(main())
