"""moto's CloudFormation, nearer to AWS: it runs before moto_server.py.

moto makes a cluster, a task definition and a service from a few of their properties, leaves
a role's managed policies out, and knows no secrets and no policies of queues. Here each takes
all that a template of `ecsctl export` says. The backends stay moto's own.
"""

import json

from moto.core.common_models import CloudFormationModel
from moto.core.utils import camelcase_to_underscores, pascal_to_camelcase, remap_nested_keys
from moto.ecr.models import Repository, ecr_backends
from moto.ecs.models import Cluster, Service, TaskDefinition, ecs_backends
from moto.iam.models import Role, iam_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends


def _arguments(properties, *names):
    """The named properties as the backend's arguments, their content as the API has it."""
    return {
        camelcase_to_underscores(name): remap_nested_keys(properties[name], pascal_to_camelcase)
        for name in names
        if name in properties
    }


def _makes(model):
    """The function takes the place of the model's own, with properties and account."""

    def replace(make):
        own = model.create_from_cloudformation_json.__func__

        def create(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
            def usual():
                return own(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)

            return make(usual, resource_name, cloudformation_json["Properties"], account_id, region_name)

        model.create_from_cloudformation_json = classmethod(create)
        return make

    return replace


@_makes(Cluster)
def _cluster(usual, name, properties, account, region):
    return ecs_backends[account][region].create_cluster(
        cluster_name=name,
        cluster_settings=remap_nested_keys(properties.get("ClusterSettings"), pascal_to_camelcase),
        **_arguments(properties, "Tags", "CapacityProviders"),
    )


@_makes(TaskDefinition)
def _task_definition(usual, name, properties, account, region):
    return ecs_backends[account][region].register_task_definition(**_arguments(properties, *properties))


@_makes(Service)
def _service(usual, name, properties, account, region):
    definition = properties["TaskDefinition"]
    service = ecs_backends[account][region].create_service(
        properties["Cluster"],
        name,
        int(properties["DesiredCount"]),
        task_definition_str=getattr(definition, "arn", definition),
        **_arguments(properties, "Tags", "LaunchType", "PropagateTags", "NetworkConfiguration"),
    )
    service.deployment_configuration = remap_nested_keys(
        properties.get("DeploymentConfiguration"), pascal_to_camelcase
    )
    return service


@_makes(Role)
def _role(usual, name, properties, account, region):
    for policy in properties.get("Policies", []):
        policy["PolicyDocument"] = json.dumps(policy["PolicyDocument"])
    role = usual()
    for arn in properties.get("ManagedPolicyArns", []):
        iam_backends[account]["aws"].attach_role_policy(arn, role.name)
    return role


@_makes(Repository)
def _repository(usual, name, properties, account, region):
    scanning = properties.get("ImageScanningConfiguration")
    properties["ImageScanningConfiguration"] = remap_nested_keys(scanning, pascal_to_camelcase)
    repository = usual()
    text = properties.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
    if text:
        ecr_backends[account][region].put_lifecycle_policy(account, name, text)
    return repository


class _Made(CloudFormationModel):
    """What a stack has made that moto has no model of: its id is all that templates ask for."""

    __module__ = "moto.cloudformation.models"  # moto goes by the service in it

    def __init__(self, physical_resource_id):
        self.physical_resource_id = physical_resource_id


class SecretOfStack(_Made, CloudFormationModel):
    __module__ = "moto.secretsmanager.models"

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::SecretsManager::Secret"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        made = secretsmanager_backends[account_id][region_name].create_secret(
            name=resource_name,
            secret_string=properties["SecretString"],
            secret_binary=None,
            description=properties.get("Description"),
            tags=properties.get("Tags"),
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return cls(json.loads(made)["ARN"])


class QueuePolicyOfStack(_Made, CloudFormationModel):
    __module__ = "moto.sqs.models"

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::SQS::QueuePolicy"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        for queue in properties["Queues"]:
            name = getattr(queue, "name", str(queue).rsplit("/", 1)[-1])
            sqs_backends[account_id][region_name].set_queue_attributes(
                name, {"Policy": json.dumps(properties["PolicyDocument"])}
            )
        return cls(resource_name)
