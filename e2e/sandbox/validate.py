"""Validates AWS requests, one JSON object a line on standard input ("operation" as in
"ecs:RunTask", "body" as sent), against botocore's models of the services. botocore's own
validator leaves out enums, patterns and upper bounds; they are checked here."""

import json
import re
import sys
from urllib.parse import parse_qsl

import botocore.session
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

session = botocore.session.get_session()
loader = session.get_component("data_loader")
models = {}


def service_model(service):
    if service not in models:
        models[service] = ServiceModel(loader.load_service_model(service, "service-2"), service)
    return models[service]


def from_form(shape, form, prefix, ec2):
    """The parameters of a query request as the SDK was given them."""
    kind = shape.type_name
    if kind == "structure":
        out = {}
        for name, member in shape.members.items():
            wire = member.serialization.get("name", name)
            if ec2:
                wire = member.serialization.get("queryName", wire[0].upper() + wire[1:])
            if member.type_name == "list" and not ec2 and member.serialization.get("flattened"):
                wire = member.member.serialization.get("name", wire)
            value = from_form(member, form, f"{prefix}.{wire}" if prefix else wire, ec2)
            if value is not None:
                out[name] = value
        return out if out or not prefix else None
    if kind == "list":
        if not ec2 and not shape.serialization.get("flattened"):
            prefix += "." + shape.member.serialization.get("name", "member")
        out = []
        while (item := from_form(shape.member, form, f"{prefix}.{len(out) + 1}", ec2)) is not None:
            out.append(item)
        return out or None
    text = form.pop(prefix, None)
    if text is None:
        return None
    if kind in ("integer", "long"):
        return int(text)
    if kind == "boolean":
        return text == "true"
    return text


def more(shape, value, path):
    """What botocore's validator leaves out."""
    if shape.type_name == "structure":
        for name, item in value.items():
            if name not in shape.members:
                yield f"{path}.{name}: unknown member"
            else:
                yield from more(shape.members[name], item, f"{path}.{name}")
    elif shape.type_name == "list":
        for i, item in enumerate(value):
            yield from more(shape.member, item, f"{path}[{i}]")
        yield from bounds(shape, len(value), path)
    elif shape.type_name == "map":
        for name, item in value.items():
            yield from more(shape.key, name, f"{path}.{name} (key)")
            yield from more(shape.value, item, f"{path}.{name}")
    elif shape.type_name == "string":
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{path}: {value!r} is none of {shape.enum}"
        if shape.metadata.get("pattern") and not matches(shape.metadata["pattern"], value):
            yield f"{path}: {value!r} does not match {shape.metadata['pattern']}"
        yield from bounds(shape, len(value), path)
    elif shape.type_name in ("integer", "long"):
        yield from bounds(shape, value, path)


def matches(pattern, value):
    # Java's classes that Python does not know.
    pattern = pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d")
    return re.fullmatch(pattern, value) is not None


def bounds(shape, size, path):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low or high is not None and size > high:
        yield f"{path}: {size} is not between {low} and {high}"


def check(line):
    call = json.loads(line)
    service, _, operation = call["operation"].partition(":")
    if service == "s3":  # of REST: its operation and parameters are not in the body
        return []
    model = service_model(service)
    shape = model.operation_model(operation).input_shape
    if shape is None:
        return []
    if model.protocol == "json":
        params = json.loads(call["body"] or "{}")
        left = []
    else:
        form = dict(parse_qsl(call["body"], keep_blank_values=True))
        del form["Action"], form["Version"]
        params = from_form(shape, form, "", model.protocol == "ec2")
        left = [f"{name}: unknown parameter" for name in form]
    report = ParamValidator().validate(params, shape)
    problems = [report.generate_report()] if report.has_errors() else []
    return [f"{call['operation']}: {p}" for p in [*problems, *left, *more(shape, params, "")]]


def main():
    lines = [line for line in sys.stdin if line.strip()]
    problems = [p for line in dict.fromkeys(lines) for p in check(line)]  # who waits asks the same again and again
    for problem in problems:
        print(problem)
    names = sorted({json.loads(line)["operation"] for line in lines})
    print(f"{len(lines)} requests of {len(names)} operations, {len(problems)} invalid: {' '.join(names)}")
    sys.exit(1 if problems else 0)


main()
