"""Jobs by where they run: EC2 and EXTERNAL, strategies, Spot, GPUs, ARM, placement, networks.

Each job has one kind, which its name says, among what generate.py makes of the rest.
"""

import random

import generate

DEFINITION, REQUEST = "job_configuration/task_definition/", "job_configuration/task_run_request/"
CONTAINER = DEFINITION + "containerDefinitions/0/"
# These would send the job elsewhere than its kind says.
ELSEWHERE = ["launch_type", "capacity_provider_strategy", "match_latest_revision_in_family"]

CONSTRAINTS = [
    {"type": "distinctInstance"},
    {"type": "memberOf", "expression": "attribute:ecs.instance-type =~ g4dn.*"},
    {"type": "memberOf", "expression": "attribute:ecs.cpu-architecture == arm64"},
]
STRATEGIES = [
    {"type": "binpack", "field": "memory"},
    {"type": "binpack", "field": "cpu"},
    {"type": "spread", "field": "attribute:ecs.availability-zone"},
    {"type": "random"},
]
PLATFORMS = [
    {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    {"cpuArchitecture": "ARM64"},
]


def ec2(chance):
    made = {"run": {"launch_type": "EC2"}, "set": {}}
    if chance.random() < 0.5:
        made["run"] |= {"cpu": chance.choice([128, 512, 1000]), "memory": chance.choice([300, 777, 4096])}
    compatible = chance.choice([None, None, ["EC2"], ["EC2", "FARGATE"], []])
    if compatible is not None:
        made["set"][DEFINITION + "requiresCompatibilities"] = compatible
        if "EC2" in compatible and chance.random() < 0.4:
            made["run"]["launch_type"] = None  # left to the cluster
    if chance.random() < 0.3:
        made["set"][CONTAINER + "memoryReservation"] = 256
    return made


def external(chance):
    made = {"run": {"launch_type": "EXTERNAL"}, "set": {}}
    # The official worker takes no definition that is for EXTERNAL alone.
    compatible = chance.choice([None, None, None, ["EXTERNAL"], ["EXTERNAL", "FARGATE"], ["EC2"]])
    if compatible:
        made["set"][DEFINITION + "requiresCompatibilities"] = compatible
    if chance.random() < 0.4:
        made["set"][DEFINITION + "networkMode"] = chance.choice(["bridge", "host"])
    return made


def _item(chance, name):
    item = {"capacityProvider": name}
    if chance.random() < 0.8:
        item["weight"] = chance.randrange(1, 5)
    if chance.random() < 0.4:
        item["base"] = chance.choice([0, 1])
    return item


def strategy(chance):
    names = chance.choice([["FARGATE"], ["FARGATE_SPOT"], ["FARGATE", "FARGATE_SPOT"], ["mine"], ["a", "b"]])
    made = {"run": {"capacity_provider_strategy": [_item(chance, name) for name in names]}, "set": {}}
    made["run"]["launch_type"] = chance.choice(["FARGATE", "FARGATE_SPOT", "EC2", None])
    if not names[0].startswith("FARGATE") and chance.random() < 0.6:
        made["set"][DEFINITION + "requiresCompatibilities"] = ["EC2"]
    if chance.random() < 0.2:  # as it is in a request, and not a variable
        made["set"][REQUEST + "capacityProviderStrategy"] = made["run"].pop("capacity_provider_strategy")
    return made


def spot(chance):
    made = {"run": {"launch_type": "FARGATE_SPOT"}, "set": {}}
    if chance.random() < 0.3:
        made["set"][DEFINITION + "requiresCompatibilities"] = chance.choice([["FARGATE"], ["EC2"], []])
    if chance.random() < 0.3:
        made["run"]["capacity_provider_strategy"] = []
    if chance.random() < 0.3:
        made["set"][DEFINITION + "runtimePlatform"] = chance.choice(PLATFORMS)
    return made


def gpu(chance):
    made = chance.choice([ec2, ec2, ec2, external, strategy])(chance)
    count = chance.choice(["1", "2", "4", "{{ gpus }}"])
    wanted = {"type": "GPU", "value": count}
    where = chance.choice([CONTAINER, CONTAINER, REQUEST])
    if where == CONTAINER:
        made["set"][CONTAINER + "resourceRequirements"] = [wanted]
    else:
        made["set"][REQUEST + "overrides/containerOverrides/0/resourceRequirements"] = [wanted]
    made["defaults"] = {"gpus": "1"}
    if chance.random() < 0.4:
        made["run"]["gpus"] = chance.choice(["2", "8"])
    return made


def arm(chance):
    made = {"run": {"launch_type": chance.choice(["FARGATE", "FARGATE", "FARGATE_SPOT", "EC2"])}, "set": {}}
    if chance.random() < 0.5:
        made["set"][DEFINITION + "runtimePlatform"] = chance.choice(PLATFORMS)
        return made
    # One pool for both, by a job variable.
    made["set"][DEFINITION + "runtimePlatform"] = {
        "cpuArchitecture": "{{ cpu_architecture }}",
        "operatingSystemFamily": "LINUX",
    }
    made["defaults"] = {"cpu_architecture": "X86_64"} if chance.random() < 0.7 else {}
    if chance.random() < 0.7:
        made["run"]["cpu_architecture"] = chance.choice(["ARM64", "X86_64"])
    return made


def placement(chance):
    made = chance.choice([ec2, ec2, ec2, strategy, external])(chance)
    if chance.random() < 0.7:
        made["set"][REQUEST + "placementConstraints"] = chance.sample(CONSTRAINTS, chance.randrange(1, 3))
    if chance.random() < 0.6:
        made["set"][REQUEST + "placementStrategy"] = chance.sample(STRATEGIES, chance.randrange(1, 3))
    if chance.random() < 0.4:
        made["set"][DEFINITION + "placementConstraints"] = [CONSTRAINTS[1]]
    return made


def network(chance):
    made = ec2(chance)
    mode = chance.choice(["bridge", "bridge", "host", "none", "awsvpc", None])
    if mode:
        made["set"][DEFINITION + "networkMode"] = mode
    if mode in ("bridge", "host") and chance.random() < 0.5:
        made["set"][CONTAINER + "portMappings"] = [{"containerPort": 8080, "hostPort": 0 if mode == "bridge" else 8080}]
    if mode == "bridge" and chance.random() < 0.3:
        made["set"][CONTAINER + "dnsServers"] = ["10.0.0.2"]
    return made


KINDS = [ec2, external, strategy, spot, gpu, arm, placement, network]


def jobs(seed, count):
    chance = random.Random(seed + 3)
    return [_job(chance, i, KINDS[i % len(KINDS)]) for i in range(count)]


def _job(chance, index, kind):
    made, job = kind(chance), generate.job(chance, index)
    job["name"] = f"capacity {index} {kind.__name__}"
    for variables in (job["deployment"], job["run"], job["defaults"]):
        for name in ELSEWHERE:
            (variables or {}).pop(name, None)
    # What generate.py sets beside is for Fargate as often as not.
    job["set"] = made["set"]
    job["defaults"] |= made.get("defaults", {}) | {"vpc_id": "$VPC", "execution_role_arn": generate.ROLE + "execution"}
    place = chance.choice(["run", "run", "deployment", "defaults"])
    job[place] = (job[place] or {}) | made["run"]
    return job
