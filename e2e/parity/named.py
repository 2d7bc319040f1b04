"""Jobs that name a task definition which AWS has already."""

import copy
import random

import generate
from generate import ACCOUNT, ROLE

IMAGE = {"image": "repo/image:1", "essential": True}
SIZES = {"cpu": "1024", "memory": "2048"}
FARGATE = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], **SIZES}
DEFINITIONS = {
    "fargate": FARGATE | {"containerDefinitions": [{"name": "prefect", **IMAGE}]},
    "role": FARGATE | {"executionRoleArn": ROLE + "execution", "containerDefinitions": [{"name": "flow", **IMAGE}]},
    "side": FARGATE | {"containerDefinitions": [{"name": "web", **IMAGE}, {"name": "prefect", **IMAGE}]},
    "two": FARGATE | {"containerDefinitions": [{"name": "first", **IMAGE}, {"name": "second", **IMAGE}]},
    "both": FARGATE | {"requiresCompatibilities": ["EC2", "FARGATE"], "containerDefinitions": [{"name": "prefect", **IMAGE}]},
    "ec2": {"requiresCompatibilities": ["EC2"], "containerDefinitions": [{"name": "prefect", "memory": 512, "cpu": 1, **IMAGE}]},
    "bridge": {"networkMode": "bridge", "containerDefinitions": [{"name": "prefect", "memory": 512, "cpu": 1, **IMAGE}]},
    "bare": {"containerDefinitions": [{"name": "prefect", "memory": 512, "cpu": 1, **IMAGE}]},
    "awsvpc": {"networkMode": "awsvpc", "containerDefinitions": [{"name": "prefect", "memory": 512, "cpu": 1, **IMAGE}]},
}


def jobs(seed, count):
    chance = random.Random(seed + 1)
    return [_job(chance, i) for i in range(count)]


def _job(chance, index):
    kind = chance.choice(list(DEFINITIONS))
    family = f"named-{kind}"
    arn = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/{family}:1"
    job = generate.job(chance, index)
    job["name"] = f"named {index} {kind}"
    job["registered"] = [copy.deepcopy(DEFINITIONS[kind]) | {"family": family}]
    # Those that look at a family would find what other jobs have left there.
    for variables in (job["deployment"], job["run"], job["defaults"]):
        (variables or {}).pop("match_latest_revision_in_family", None)
    place = chance.choice(["defaults", "run", "set"])
    name = chance.choice([arn, arn, family, family + ":1"])
    if place == "set":
        job.setdefault("set", {})["job_configuration/task_run_request/taskDefinition"] = name
    else:
        job[place] = (job[place] or {}) | {"task_definition_arn": name}
    if chance.random() < 0.2:
        job.setdefault("set", {})["job_configuration/task_definition"] = {}
        job["set"] = {path: value for path, value in job["set"].items() if "/task_definition/" not in path}
    return job
