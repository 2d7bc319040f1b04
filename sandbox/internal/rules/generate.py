"""Writes data/SERVICE.json: what AWS requires of the requests that the sandbox takes.

    python3 sandbox/internal/rules/generate.py BOTOCORE [--check]

BOTOCORE is an installed botocore (a directory with data/ in it), such as
.venvs/aws/lib/python3.11/site-packages/awscli/botocore. The operations are read off the
Go code of the services: after a new one, or a new service (an entry in SERVICES), run
this once. --check writes nothing and fails when a document is not what it would write.

Only what constrains a request is kept: required members, enums, lengths, ranges and
patterns, and the way to them. A new service also needs its words in words.go.
"""

import gzip
import json
import re
import sys
from pathlib import Path

# The directory of a service below sandbox/internal -> botocore's name for it, which is
# also the name that requests are signed for, except for those of SIGNED.
SERVICES = {
    "ec2": "ec2",
    "ecr": "ecr",
    "ecs": "ecs",
    "events": "events",
    "iam": "iam",
    "logs": "logs",
    "secrets": "secretsmanager",
    "parameters": "ssm",
    "sqs": "sqs",
    "sts": "sts",
    "quotas": "service-quotas",
}
SIGNED = {"service-quotas": "servicequotas"}

# Constraints that a model states and the service does not enforce, or answers in other
# words than those of a failed constraint: the sandbox's service answers these itself.
LEFT_OUT = {
    "ec2": {
        "ResourceType": {"enum": "EC2 says that it is not a valid taggable resource type for this operation"},
    },
    "ecs": {
        "Tags": {"min": "no tags are no error", "max": "ECS has words of its own for too many tags"},
        "TagKey": {k: "ECS says that some tags contain invalid characters, or a length" for k in ("min", "max", "pattern")},
        "TagValue": {k: "ECS says that some tags contain invalid characters, or a length" for k in ("min", "max", "pattern")},
    },
    "events": {
        "PathParameter": {"pattern": "looks ahead, which Go's expressions cannot; only for API destinations"},
    },
    "iam": {
        "accountAliasType": {"pattern": "looks ahead, which Go's expressions cannot; the sandbox's IAM checks it"},
    },
    "secretsmanager": {
        "ClientRequestTokenType": {k: "Secrets Manager says that it must be 32-64 characters long" for k in ("min", "max")},
    },
    "sqs": {
        "QueueAttributeName": {"enum": "SQS answers InvalidAttributeName"},
        "MessageSystemAttributeName": {"enum": "SQS answers InvalidAttributeName"},
    },
}

HERE = Path(__file__).resolve().parent
HANDLER = re.compile(r'wire\.Handle(?:JSON|Query)\(\s*\w+(?:\.\w+)?, "(\w+)"')


def load(botocore, service):
    version = sorted(p for p in (botocore / "data" / service).iterdir() if p.is_dir())[-1]
    plain = version / "service-2.json"
    if plain.exists():
        return json.loads(plain.read_text())
    return json.loads(gzip.decompress((version / "service-2.json.gz").read_bytes()))


def operations(directory):
    """The operations that the Go code of a service handles."""
    names = set()
    for path in (HERE.parent / directory).glob("*.go"):
        if not path.name.endswith("_test.go"):
            names.update(HANDLER.findall(path.read_text()))
    return sorted(names)


class Writer:
    """Turns the input shapes of one service into rules."""

    def __init__(self, service, model):
        self.service, self.model = service, model
        self.protocol = model["metadata"]["protocol"]
        self.left_out = LEFT_OUT.get(service, {})
        self.shapes = {}

    def shape(self, name):
        """Adds a shape and what it leads to. Shapes may contain themselves."""
        if name in self.shapes:
            return
        given = self.model["shapes"][name]
        rule = self.shapes[name] = {"type": given["type"]}
        for key in ("enum", "pattern", "min", "max"):
            if key in given and key not in self.left_out.get(name, {}) and not (key == "min" and given[key] == 0 and given["type"] != "integer"):
                rule[key] = given[key]
        if given.get("sensitive"):
            rule["sensitive"] = True
        if given["type"] == "structure":
            rule["required"] = [self.wire(n, given["members"][n]) for n in given.get("required", [])]
            rule["members"] = {self.wire(n, m): m["shape"] for n, m in given["members"].items()}
        elif given["type"] == "list":
            rule["of"] = given["member"]["shape"]
            rule["flat"] = self.protocol == "ec2" or bool(given.get("flattened"))
        elif given["type"] == "map":
            rule["key"], rule["of"] = given["key"]["shape"], given["value"]["shape"]
        for below in [*rule.get("members", {}).values(), rule.get("of"), rule.get("key")]:
            if below:
                self.shape(below)

    def wire(self, name, member):
        """A member's name in a request."""
        if self.protocol == "ec2":
            name = member.get("locationName", name)
            return member.get("queryName", name[0].upper() + name[1:])
        if self.protocol == "query":
            return member.get("locationName", name)
        return name

    def prune(self):
        """Drops what leads to no constraint."""
        keep = {n for n, r in self.shapes.items() if r.get("required") or r.keys() & {"enum", "pattern", "min", "max"}}
        while True:
            more = {n for n, r in self.shapes.items() if {*r.get("members", {}).values(), r.get("of"), r.get("key")} & keep} - keep
            if not more:
                break
            keep |= more
        self.shapes = {n: r for n, r in self.shapes.items() if n in keep}
        for rule in self.shapes.values():
            if "members" in rule:
                rule["members"] = {n: s for n, s in rule["members"].items() if s in keep}
            for key in ("of", "key"):
                if rule.get(key) not in keep:
                    rule.pop(key, None)
            for key in ("required", "members", "flat"):
                if not rule.get(key, True):
                    del rule[key]

    def document(self, names, version):
        inputs = {n: self.model["operations"][n].get("input", {}).get("shape", "") for n in names}
        for name in inputs.values():
            if name:
                self.shape(name)
        self.prune()
        metadata = self.model["metadata"]
        return {
            "source": f"botocore {version}, {self.service} {metadata['apiVersion']}; Copyright Amazon.com, Inc. or its affiliates; Apache-2.0; excerpt made by generate.py",
            "protocol": self.protocol,
            "leftOut": {f"{shape}.{key}": why for shape, keys in sorted(self.left_out.items()) for key, why in keys.items()},
            "operations": {n: s if s in self.shapes else "" for n, s in inputs.items()},
            "shapes": dict(sorted(self.shapes.items())),
        }


def text(document):
    """JSON with a line for each operation and shape, so that a diff can be read."""
    lines = []
    for key, value in document.items():
        if isinstance(value, dict) and value:
            items = [f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'), ensure_ascii=False)}" for k, v in value.items()]
            lines.append(f"{json.dumps(key)}:{{\n" + ",\n".join(items) + "}")
        else:
            lines.append(f"{json.dumps(key)}:{json.dumps(value)}")
    return "{" + ",\n".join(lines) + "}\n"


def main():
    botocore = Path(sys.argv[1])
    version = re.search(r"__version__ = '([^']+)'", (botocore / "__init__.py").read_text()).group(1)
    stale = []
    for directory, service in SERVICES.items():
        names = operations(directory)
        if not names:
            continue  # not there yet
        path = HERE / "data" / f"{SIGNED.get(service, service)}.json"
        wanted = text(Writer(service, load(botocore, service)).document(names, version))
        if path.exists() and path.read_text() == wanted:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            path.write_text(wanted)
    print(f"botocore {version}: {' '.join(stale) or 'nothing'} {'would change' if '--check' in sys.argv else 'written'}")
    sys.exit(1 if stale and "--check" in sys.argv else 0)


main()
