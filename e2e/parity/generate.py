"""Random jobs, the same ones for the same seed."""

import random

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:"

SIZES = [(256, 512), (256, 2048), (512, 1024), (1024, 2048), (2048, 5120), (4096, 30720), (16384, 32768)]
TEXTS = [
    "plain",
    "with space",
    "it's",
    "café ☕",
    "a,b 1,234",
    "&amp; x",
    "",
    "-dashes--",
    "{{ not_a_variable }}",
    "{{ cpu }}",
    "ＡＢＣ",
    "a/b=c+d:e@f_g.h",
    "½ #1",
    "tab\there",
    "quote \" and ' both",
]
# The server takes no others as the name of a flow.
FLOW_NAMES = [text for text in TEXTS if not set(text) & set("/%&><")]


def jobs(seed, count):
    chance = random.Random(seed)
    return [job(chance, i) for i in range(count)]


def job(chance, index):
    made = {"name": f"generated {index}"}
    if chance.random() < 0.15:
        made["deployment"] = None
    else:
        made["deployment"] = _variables(chance)
    made["run"] = _variables(chance) if chance.random() < 0.6 else None
    made["defaults"] = _defaults(_variables(chance))
    made["settings"] = _settings(chance)
    made["objects"] = {
        "flow": {"name": "flow " + chance.choice(FLOW_NAMES)},
        "flow_run": {"name": "run " + chance.choice(TEXTS)},
    }
    if chance.random() < 0.5:
        made["set"] = _customised(chance)
    return made


def _defaults(variables):
    return {name: value for name, value in variables.items() if "." not in name}


def _env(chance):
    values = TEXTS + [None, 1, 1.5, True, False, 10**17, 1e-7, ["a", None], {"k": "v's"}]
    return {f"VAR_{chance.randrange(6)}": chance.choice(values) for _ in range(chance.randrange(6))}


def _labels(chance):
    return {
        chance.choice(["team", "cost/center", "owner name", "prefect.io/version", "ünï", "a'b"]): chance.choice(TEXTS)
        for _ in range(chance.randrange(4))
    }


def _variables(chance):
    cpu, memory = chance.choice(SIZES)
    makers = {
        "env": lambda: _env(chance),
        "labels": lambda: _labels(chance),
        "image": lambda: chance.choice(["repo/image:1", "public.ecr.aws/x/y@sha256:abc"]),
        "command": lambda: chance.choice(["python -m prefect.engine", "sh -c 'echo \"a b\" && x'", "", "a\\ b 'c d'e"]),
        "cluster": lambda: chance.choice(["default", f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/x"]),
        "family": lambda: "family-" + str(chance.randrange(9)),
        "launch_type": lambda: chance.choice(["FARGATE", "FARGATE_SPOT", "EC2", "EXTERNAL"]),
        "capacity_provider_strategy": lambda: [{"capacityProvider": "mine", "weight": chance.randrange(5), "base": 0}],
        "task_role_arn": lambda: ROLE + "task",
        "execution_role_arn": lambda: ROLE + "execution",
        "vpc_id": lambda: "$VPC",
        "network_configuration": lambda: {"subnets": ["$SUBNET0"], "assignPublicIp": "DISABLED"},
        "cloudwatch_logs_prefix": lambda: "prefix",
        "prefect_api_key_secret_arn": lambda: SECRET + "key",
        "prefect_api_auth_string_secret_arn": lambda: SECRET + "auth",
        "auto_deregister_task_definition": lambda: chance.choice([True, False]),
        "match_latest_revision_in_family": lambda: chance.choice([True, False]),
        "name": lambda: chance.choice(["x", "{{ ctx.flow.name }}/{{ ctx.flow_run.name }}", "{{ ctx.nothing }}"]),
        "env.DOTTED": lambda: chance.choice(TEXTS + [None]),
        "labels.dotted": lambda: chance.choice(TEXTS),
    }
    chosen = {name: make() for name, make in makers.items() if chance.random() < 0.25}
    if chance.random() < 0.3:
        chosen |= {"cpu": cpu, "memory": memory}
    if chance.random() < 0.9 and {"prefect_api_key_secret_arn", "prefect_api_auth_string_secret_arn"} & set(chosen):
        chosen["execution_role_arn"] = ROLE + "execution"  # ECS wants one for secrets
    if chance.random() < 0.3:
        chosen |= {"configure_cloudwatch_logs": True, "execution_role_arn": ROLE + "execution"}
        if chance.random() < 0.5:
            chosen["cloudwatch_logs_options"] = {"awslogs-group": "mine", "mode": "non-blocking"}
    return chosen


def _settings(chance):
    settings = {
        "PREFECT_API_URL": "http://server:4200/api",
        "PREFECT_API_KEY": "pnu_secret",
        "PREFECT_LOGGING_LEVEL": "DEBUG",
        "PREFECT_WORKER_QUERY_SECONDS": "5.0",
        "PREFECT_CLOUD_API_URL": "http://cloud/api",
    }
    # The key is always there: the official worker stumbles without it when a secret is
    # given, which has a case of its own.
    return {n: v for n, v in settings.items() if n == "PREFECT_API_KEY" or chance.random() < 0.6}


def _customised(chance):
    definition, request = "job_configuration/task_definition/", "job_configuration/task_run_request/"
    container = definition + "containerDefinitions/0/"
    choices = {
        container + "environment": [{"name": "FROM_DEFINITION", "value": "{{ family }}"}, {"name": "NONE", "value": None}],
        container + "secrets": [{"name": "PREFECT_API_KEY", "valueFrom": SECRET + "old"}, {"name": "MINE", "valueFrom": SECRET + "mine"}],
        container + "stopTimeout": 30,
        container + "readonlyRootFilesystem": False,
        container + "portMappings": [{"containerPort": 80}],
        definition + "ephemeralStorage": {"sizeInGiB": 50},
        definition + "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        definition + "volumes": [{"name": "scratch", "host": {}}],
        definition + "tags": [{"key": "team", "value": "data {{ image }}"}],
        request + "enableExecuteCommand": True,
        request + "propagateTags": "TASK_DEFINITION",
        request + "tags": [{"key": "given", "value": "by hand"}, {"key": "team", "value": "template"}],
        request + "group": "{{ family }}-group",
        request + "startedBy": "{{ launch_type }}",
        request + "count": 1,
    }
    return {path: value for path, value in choices.items() if chance.random() < 0.25}
