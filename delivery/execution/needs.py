"""The actions with which CloudFormation creates, updates and deletes an environment's resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from delivery.execution.published import handlers
from delivery.execution.templates import Environment
from delivery.execution.unneeded import unneeded

_TAGS = ("AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")
# Types that have no handlers: what CloudFormation calls for them by the service's own documents.
_OLDER = {
    # CodeBuild user guide, "auth-and-access-control-iam-identity-based-access-control"; the project's role is passed.
    "AWS::CodeBuild::Project": (
        *(f"codebuild:{verb}Project" for verb in ("Create", "Delete", "Update")),
        *("codebuild:BatchGetProjects", "iam:PassRole"),
    ),
    # DocumentDB developer guide, "UsingWithRDS.IAM.ResourcePermissions": its calls are those of RDS, so these are what
    # the handlers of AWS::RDS::DBCluster and AWS::RDS::DBInstance call for properties that ours have;
    # "service-linked-roles": an account's first cluster makes AWSServiceRoleForRDS.
    "AWS::DocDB::DBCluster": (
        *(f"rds:{verb}DBCluster" for verb in ("Create", "Delete", "Modify")),
        *("rds:DescribeDBClusters", *(f"rds:{verb}" for verb in _TAGS)),
        *("ec2:DescribeSecurityGroups", "iam:CreateServiceLinkedRole"),
    ),
    "AWS::DocDB::DBInstance": (
        *(f"rds:{verb}DBInstance" for verb in ("Create", "Delete", "Modify", "Reboot")),
        *("rds:DescribeDBClusters", "rds:DescribeDBInstances", *(f"rds:{verb}" for verb in _TAGS)),
    ),
}
# What a handler's list leaves out, by key of the resource's definition.
_BESIDE = {
    # API Gateway developer guide, "http-api-logging": whoever switches an access log on.
    ("AWS::ApiGatewayV2::Stage", "AccessLogSettings"): (
        *(f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Get", "Update")),
        *(
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
        ),
    ),
    # Service authorization reference, "Amazon EC2", dependent actions of CreateVpcEndpoint: its hosted zone is AWS's.
    ("AWS::EC2::VPCEndpoint", "PrivateDnsEnabled"): ("route53:AssociateVPCWithHostedZone",),
    # The handlers of AWS::RDS::DBInstance, for the same: RDS grants itself the key.
    ("AWS::DocDB::DBCluster", "KmsKeyId"): ("kms:CreateGrant", "kms:DescribeKey"),
    # KMS developer guide, "CreateGrant" and the services' own: a key of the customer's is granted to the service.
    ("AWS::SecretsManager::Secret", "KmsKeyId"): ("kms:Decrypt", "kms:GenerateDataKey"),
    ("AWS::SageMaker::EndpointConfig", "KmsKeyId"): ("kms:CreateGrant",),
}
_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")
_SSM = "AWS::SSM::Parameter::Value<"


class UnknownTypeError(Exception):
    """A template has a type of which nothing is known; the message is one line for a developer."""


def actions(environment: Environment) -> dict[str, frozenset[str]]:
    """Actions by resource type; `Custom::...` and the templates' parameters count as types."""
    by_type: dict[str, list[dict[str, Any]]] = {}
    for _, resource in environment.resources():
        by_type.setdefault(str(resource["Type"]), []).append(resource)
    found = {kind: frozenset(_of(kind, resources)) for kind, resources in sorted(by_type.items())}
    if any(str(parameter["Type"]).startswith(_SSM) for parameter in environment.parameters):
        # CloudFormation user guide, "cloudformation-supplied-parameter-types": read with the deploy's permissions.
        found[_SSM] = frozenset({"ssm:GetParameters"})
    return found


def _of(kind: str, resources: list[dict[str, Any]]) -> Iterator[str]:
    if kind.startswith(_CUSTOM):
        yield "lambda:InvokeFunction"
        return
    if kind not in handlers() and kind not in _OLDER:
        raise UnknownTypeError(
            f"{kind}: delivery does not know what CloudFormation calls for it; "
            "add its service to tools/aws_facts/handlers.py and run it"
        )
    for action in handlers().get(kind) or _OLDER[kind]:
        if not unneeded(kind, action, resources):
            yield action
    for (type_, key), more in _BESIDE.items():
        if type_ == kind and any(key in resource.get("Properties", {}) for resource in resources):
            yield from more
