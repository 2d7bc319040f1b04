"""moto as a server on 127.0.0.1, nearer to AWS in five things. It listens on a socket that
is open already, descriptor 3; its argument is the port of that.

A Fargate container definition may leave out memory and cpu; moto's RunTask needs
both, and answers 500 without them. They count as 0 here.

CreateService forgets the deployment configuration, which UpdateService keeps and
DescribeServices shows. It is kept here.

DescribeTaskDefinition takes a family for its newest revision; AWS takes it for the
newest that is ACTIVE (API_DescribeTaskDefinition), and so does this.

Where its IAM counts, moto does not know what a call is on: it looks for the resource
"*" in policies, so that a statement with an ARN allows nothing. Here an unknown
resource is one that the statement names: what is judged is the action alone.

It refuses in the XML of EC2, whoever is asked. Here each service has its own form.

And it is served by waitress, which keeps connections open as AWS does; with what follows, a call takes about half of
the CPU time. moto's own server starts a thread for each call and waits for ten milliseconds at its end. moto itself
looks for the service of a call in the folders of its own package and in 300 patterns, each time anew, and parses the
policies of AWS for each account.

Calls are handled one at a time, except those that wait for a message: moto iterates over dictionaries while other
threads change them, and then answers 500. AWS does not.
"""

import copy
import functools
import gc
import socket
import sys
import threading

import moto.server
import waitress
from moto.core.exceptions import AccessDeniedError, JsonRESTError
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.iam.access_control import IAMPolicyStatement, IAMRequest
from moto.iam.models import IAMBackend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

# As in prefect_server.py. It matters where an account is new: its VPC and its policies are made.
gc.set_threshold(100_000, 50, 50)

_requirements = EC2ContainerServiceBackend._calculate_task_resource_requirements


def _requirements_with_defaults(task_definition):
    for container in task_definition.container_definitions:
        container.setdefault("memory", 0)
        container.setdefault("cpu", 0)
    return _requirements(task_definition)


EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(
    _requirements_with_defaults
)

_create_service = EC2ContainerServiceResponse.create_service


def _create_service_with_deployment_configuration(self):
    answer = _create_service(self)
    configuration = self._get_param("deploymentConfiguration")
    if configuration is not None:
        answer.result["service"].deployment_configuration = configuration
    return answer


EC2ContainerServiceResponse.create_service = (
    _create_service_with_deployment_configuration
)

_describe_task_definition = EC2ContainerServiceBackend.describe_task_definition


def _describe_newest_active(self, task_definition_str):
    name = task_definition_str.split("/")[-1]
    if ":" not in name:
        revisions = self.task_definitions.get(name, {})
        active = [n for n, found in revisions.items() if found.status == "ACTIVE"]
        name = f"{name}:{max(active, default=0)}"
    return _describe_task_definition(self, name)


EC2ContainerServiceBackend.describe_task_definition = _describe_newest_active

_check_element_matches = IAMPolicyStatement._check_element_matches


def _matches_or_unknown(self, statement_element, value):
    if statement_element == "Resource" and value == "*":
        return True
    return _check_element_matches(self, statement_element, value)


IAMPolicyStatement._check_element_matches = _matches_or_unknown

QUERY_REFUSAL = """<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>{}</Message></Error></ErrorResponse>"""


def _refuse(self):
    refusal = AccessDeniedError(self._access_key.arn, self._action)
    if self._service in ("iam", "sts"):
        refusal.description = QUERY_REFUSAL.format(refusal.message)
    elif self._service != "ec2":
        refusal = JsonRESTError("AccessDeniedException", refusal.message)
    raise refusal


IAMRequest._raise_access_denied = _refuse

DomainDispatcherApplication.get_backend_for_host = functools.cache(
    DomainDispatcherApplication.get_backend_for_host
)

_init_aws_policies = IAMBackend._init_aws_policies
_policies_of_aws = {}  # by partition: it is in their ARNs


def _copies_of_aws_policies(self):
    if self.partition not in _policies_of_aws:
        _policies_of_aws[self.partition] = _init_aws_policies(self)
    policies = [copy.copy(policy) for policy in _policies_of_aws[self.partition]]
    for policy in policies:
        policy.account_id = self.account_id
    return policies


IAMBackend._init_aws_policies = _copies_of_aws_policies


def _serve(host, port, app, **_):
    working = threading.Lock()

    def one_at_a_time(environ, start_response):
        environ["RAW_URI"] = environ["REQUEST_URI"]
        if environ.get("HTTP_X_AMZ_TARGET") == "AmazonSQS.ReceiveMessage":
            return app(environ, start_response)
        with working:
            return app(environ, start_response)

    waitress.serve(
        one_at_a_time,
        sockets=[socket.socket(fileno=3)],
        threads=16,
        connection_limit=10_000,
        asyncore_use_poll=True,
    )


moto.server.run_simple = _serve

moto.server.main(["-H", "127.0.0.1", "-p", sys.argv[1]])
