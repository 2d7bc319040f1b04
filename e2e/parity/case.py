"""From the short form of a case (cases.json, generate.py) to full documents.

Keys of a case, all optional but name:
  name         what is looked at
  difference   row of docs/parity.md: ours and the official worker's must differ
  defaults     {variable: default} of the pool; a new variable is declared
  set          {path/in/the/template: value}; unset: [path, ...]
  template     a whole base job template instead
  deployment   job variables of the deployment, or null for a run without one
  run          job variables of the flow run
  objects      {flow|flow_run|deployment|work_pool: {field: value}}
  worker       name of the worker; worker_id: its id
  settings     {PREFECT_...: value} of the worker; environ: other variables
  blocks       {"slug/name": data}; blocks_by_id, variables: {name: value}
  registered   task definitions that AWS has already
  vpc          "none": AWS has no default VPC; "empty": VPC without subnets
"""

import copy

IDS = {
    name: f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}"
    for name, digit in {
        "flow_run": "a",
        "flow": "b",
        "deployment": "c",
        "work_pool": "d",
        "worker": "e",
        "queue": "f",
    }.items()
}
TIME = "2026-11-23T10:11:12.345678Z"


def build(case, default_template):
    """The documents of the Prefect API that the case is about."""
    template = copy.deepcopy(case.get("template", default_template))
    for name, value in case.get("defaults", {}).items():
        declared = template["variables"]["properties"].setdefault(name, {})
        declared["default"] = value
    for path, value in case.get("set", {}).items():
        parent, key = _walk(template, path)
        parent[key] = value
    for path in case.get("unset", []):
        parent, key = _walk(template, path)
        if key in parent or isinstance(parent, list):  # an older template may not have it
            del parent[key]
    objects = _objects(case, template)
    for name, fields in case.get("objects", {}).items():
        objects[name].update(fields)
    return objects


def _walk(document, path):
    *parents, key = [int(k) if k.isdigit() else k for k in path.split("/")]
    for parent in parents:
        document = document[parent]
    return document, key


def _objects(case, template):
    deployed = case.get("deployment", {}) is not None
    objects = {
        "flow_run": {
            "id": IDS["flow_run"],
            "created": TIME,
            "updated": TIME,
            "name": "wise-otter",
            "flow_id": IDS["flow"],
            "deployment_id": IDS["deployment"] if deployed else None,
            "job_variables": case.get("run"),
            "tags": ["one", "two"],
        },
        "flow": {
            "id": IDS["flow"],
            "created": TIME,
            "updated": TIME,
            "name": "my-flow",
            "tags": [],
            "labels": {},
        },
        "work_pool": {
            "id": IDS["work_pool"],
            "created": TIME,
            "updated": TIME,
            "name": "my-pool",
            "type": "ecs",
            "base_job_template": template,
            "is_paused": False,
            "default_queue_id": IDS["queue"],
        },
    }
    if deployed:
        objects["deployment"] = {
            "id": IDS["deployment"],
            "created": TIME,
            "updated": TIME,
            "name": "prod",
            "flow_id": IDS["flow"],
            "job_variables": case.get("deployment", {}),
        }
    return objects
