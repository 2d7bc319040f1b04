"""Prints a secret of AWS Secrets Manager, read with the task's role: a pull step for images without boto3.

Arguments: the secret's ARN, and the key of a JSON secret, which may be empty.
"""

import datetime
import hashlib
import hmac
import json
import os
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit


def keys():
    """The access key, the secret key and the session token of the task's role."""
    place = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        place = "http://169.254.170.2" + os.environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    if not place:
        sys.exit("the run's task has no task role to read the secret with: set the job variable task_role_arn")
    request = urllib.request.Request(place)
    if os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"):
        request.add_header("Authorization", os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with directly.open(request, timeout=30) as answer:
        role = json.load(answer)
    return role["AccessKeyId"], role["SecretAccessKey"], role["Token"]


def signed(url, region, body):
    """A request with AWS's signature, version 4."""
    access, secret, token = keys()
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": urlsplit(url).netloc,
        "x-amz-date": now,
        "x-amz-security-token": token,
        "x-amz-target": "secretsmanager.GetSecretValue",
    }
    names = ";".join(headers)
    lines = "".join(name + ":" + value + "\n" for name, value in headers.items())
    canonical = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()])
    scope = now[:8] + "/" + region + "/secretsmanager/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        access, scope, names, signature
    )  # fmt: skip
    return urllib.request.Request(url, data=body, headers=headers, method="POST")


def main(arn, key):
    partition, region = arn.split(":")[1], arn.split(":")[3]
    url = (
        os.environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER")
        or os.environ.get("AWS_ENDPOINT_URL")
        or "https://secretsmanager.%s.amazonaws.com%s" % (region, ".cn" if partition == "aws-cn" else "")
    )
    try:
        body = json.dumps({"SecretId": arn}).encode()
        with urllib.request.urlopen(signed(url.rstrip("/") + "/", region, body), timeout=30) as answer:
            value = json.load(answer)["SecretString"]
    except urllib.error.HTTPError as error:
        said = error.read().decode("utf-8", "replace")
        sys.exit("failed to read the secret %s: %s (the task role needs secretsmanager:GetSecretValue)" % (arn, said))
    except (OSError, KeyError) as error:
        sys.exit("failed to read the secret %s: %r" % (arn, error))
    if key:
        value = json.loads(value).get(key) or sys.exit("the secret %s has no key %r" % (arn, key))
    print(value)


main(sys.argv[1], sys.argv[2])
