"""Jobs in which something is empty: each variable, and each field of the template.

What counts as given, and what as absent, is Python's truthiness in some places of the
official worker and "is None" or "in" in others, so every place is tried.
"""

import copy
import random

from generate import ROLE, SECRET

EMPTIES = [{}, [], "", 0, False, None]
MISSING = "missing"

# A value for each variable, so that an empty one has something to be put over.
FULL = {
    "name": "named",
    "env": {"A": "1", "B": "2"},
    "labels": {"team": "data", "owner": "me"},
    "command": "python -m prefect.engine",
    "cluster": "default",
    "family": "family",
    "launch_type": "FARGATE",
    "capacity_provider_strategy": [{"capacityProvider": "mine", "weight": 1, "base": 1}],
    "image": "repo/image:1",
    "cpu": 512,
    "memory": 1024,
    "container_name": "flow",
    "task_role_arn": ROLE + "task",
    "execution_role_arn": ROLE + "execution",
    "vpc_id": "$VPC",
    "configure_cloudwatch_logs": True,
    "cloudwatch_logs_options": {"awslogs-group": "mine", "mode": "non-blocking"},
    "cloudwatch_logs_prefix": "prefix",
    "network_configuration": {"subnets": ["$SUBNET0"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"},
    "prefect_api_key_secret_arn": SECRET + "key",
    "prefect_api_auth_string_secret_arn": SECRET + "auth",
    "auto_deregister_task_definition": True,
    "match_latest_revision_in_family": True,
    "aws_credentials": {
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
        "aws_session_token": "token",
        "region_name": "us-east-1",
        "aws_client_parameters": {"use_ssl": True, "verify": True, "config": {"retries": {"max_attempts": 1}}},
        "assume_role_kwargs": {"RoleSessionName": "x"},
    },
    "task_start_timeout_seconds": 60,
    "task_watch_poll_interval": 1.5,
    "stream_output": True,
}
# Those that change a job least stand for all where one at a time is tried.
FEW = {name: FULL[name] for name in ("env", "labels", "image", "execution_role_arn")}

# What a template may have beside the default one's fields.
DEFINITION = {
    "family": "family",
    "networkMode": "awsvpc",
    "executionRoleArn": ROLE + "execution",
    "taskRoleArn": ROLE + "task",
    "cpu": "512",
    "memory": "1024",
    "requiresCompatibilities": ["FARGATE"],
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "ephemeralStorage": {"sizeInGiB": 50},
    "volumes": [{"name": "scratch", "host": {"sourcePath": "/x"}}],
    "placementConstraints": [],
    "tags": [{"key": "team", "value": "data"}],
    "containerDefinitions": [
        {
            "name": "prefect",
            "image": "repo/image:1",
            "essential": True,
            "cpu": 256,
            "memory": 512,
            "command": ["a"],
            "entryPoint": ["b"],
            "environment": [{"name": "X", "value": "1"}],
            "secrets": [{"name": "S", "valueFrom": SECRET + "s"}],
            "portMappings": [{"containerPort": 80, "protocol": "tcp"}],
            "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/x", "readOnly": True}],
            "dockerLabels": {"a": "b"},
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g", "awslogs-region": "us-east-1"}},
            "healthCheck": {"command": ["CMD", "true"], "interval": 10},
            "stopTimeout": 30,
            "readonlyRootFilesystem": True,
        },
        {"name": "side", "image": "x", "essential": False},
    ],
}
REQUEST = {
    "launchType": "FARGATE",
    "cluster": "default",
    "count": 1,
    "group": "g",
    "platformVersion": "LATEST",
    "propagateTags": "TASK_DEFINITION",
    "enableExecuteCommand": True,
    "startedBy": "me",
    "tags": [{"key": "given", "value": "by hand"}],
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["$SUBNET0"], "assignPublicIp": "ENABLED"}},
    "overrides": {
        "cpu": "512",
        "memory": "1024",
        "taskRoleArn": ROLE + "task",
        "executionRoleArn": ROLE + "execution",
        "ephemeralStorage": {"sizeInGiB": 50},
        "containerOverrides": [
            {"name": "prefect", "command": ["a", "b"], "environment": [{"name": "Y", "value": "2"}], "cpu": 256, "memory": 512}
        ],
    },
}


def jobs(seed, count, template):
    """All the jobs, or as many of them as are asked for: others for another seed."""
    everything = list(_variables(template)) + list(_values()) + list(_fields(template)) + list(_documents())
    if count >= len(everything):
        return everything
    return random.Random(seed).sample(everything, count)


def _variables(template):
    """Each variable, empty in each place, with nothing else and over a value."""
    for name in template["variables"]["properties"]:
        for empty in EMPTIES:
            said = f"empty variable {name}={empty!r}"
            yield {"name": f"{said} of the pool", "defaults": FEW | {name: empty}}
            yield {"name": f"{said} of the deployment", "deployment": {name: empty}}
            yield {"name": f"{said} of the run", "defaults": FEW, "run": {name: empty}}
            if name in FULL:
                yield {"name": f"{said} over the pool's", "defaults": FEW | {name: FULL[name]}, "deployment": {name: empty}}
                yield {"name": f"{said} over the deployment's", "deployment": FEW | {name: FULL[name]}, "run": {name: empty}}
                yield {"name": f"{said} under the run's", "defaults": {name: empty}, "run": FEW | {name: FULL[name]}}


def _values():
    """Each field within a variable's value."""
    beside = {
        "network_configuration": {"vpc_id": "$VPC"},
        "cloudwatch_logs_options": {"configure_cloudwatch_logs": True, "execution_role_arn": ROLE + "execution"},
    }
    for name, value in FULL.items():
        for path in _paths(value):
            for empty in EMPTIES + [MISSING]:
                said = f"empty field {name}/{path}={empty!r}"
                yield {"name": said, "run": beside.get(name, {}) | {name: _with(value, path, empty)}}


def _fields(template):
    """Each field of the template, as it is and with every variable given."""
    sizes = {"cpu": 512, "memory": 1024, "image": "repo/image:1"}
    for path in _paths(template["job_configuration"]):
        for empty in EMPTIES + [MISSING]:
            said = f"empty template {path}={empty!r}"
            place = "job_configuration/" + path
            changed = {"unset": [place]} if empty is MISSING else {"set": {place: empty}}
            yield {"name": said} | copy.deepcopy(changed)
            yield {"name": said + " with variables", "run": FEW | sizes} | copy.deepcopy(changed)


def _documents():
    """Each field of the two requests, in a template that has most of AWS's."""
    for part, document in (("task_definition", DEFINITION), ("task_run_request", REQUEST)):
        for path in _paths(document):
            for empty in EMPTIES + [MISSING]:
                job = {"name": f"empty {part}/{path}={empty!r}"}
                job["set"] = {f"job_configuration/{part}": _with(document, path, empty)}
                if path == "tags/0/key" and empty == "" and part == "task_run_request":
                    job["difference"] = "tag-limits"
                if part == "task_run_request":
                    job["run"] = {"cpu": 512, "memory": 1024}
                yield job


def _paths(value, before=""):
    """The paths of all values in a document, at any depth."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        path = f"{before}/{key}" if before else str(key)
        yield path
        yield from _paths(child, path)


def _with(document, path, empty):
    document = copy.deepcopy(document)
    *parents, key = [int(k) if k.isdigit() else k for k in path.split("/")]
    parent = document
    for step in parents:
        parent = parent[step]
    if empty is MISSING:
        del parent[key]
    else:
        parent[key] = empty
    return document
