"""On which resources an action is allowed, as far as IAM can name an environment's: by name, else by its tags.

CloudFormation makes most names of the stack's (user guide, "Resources and their physical names"), and all other names
start with the environment's prefix. Models, endpoint configurations and keys have neither, but tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from delivery.execution.published import without_resources
from delivery.place import Place
from environments.settings import Settings

Conditions = dict[str, dict[str, Any]]

# Actions for which the reference has a resource that ours do not name: metrics belong to none.
_OPTIONAL = ("cloudwatch:GetMetricData", "cloudwatch:PutMetricData")
# Linked roles that CloudFormation's handlers may have a service create, once for the account.
_LINKED = {
    "dynamodb.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
    "replication.dynamodb.amazonaws.com": "AWSServiceRoleForDynamoDBReplication",
    "sagemaker.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
    "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
}
_DOCUMENTDB = {"rds.amazonaws.com": "AWSServiceRoleForRDS"}
# Calls that make the taggable parts of a network.
_NETWORK_PARTS = (
    *("CreateFlowLogs", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet", "CreateVpc"),
    "CreateVpcEndpoint",
)
# IAM user guide, "access_policies_boundaries": what gives a role permissions, or its boundary.
GIVES_PERMISSIONS = ("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy")


@dataclass(frozen=True)
class Scope:
    """Where actions are allowed. actions: patterns; resources: of ARNs; also: beside a scope before it that fits."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions = field(default_factory=dict)
    also: bool = False


@dataclass(frozen=True, kw_only=True)
class Names:
    """How an environment's resources are called.

    From its templates: the logical ids of secrets, the services that are passed roles, and its APIs' paths.
    """

    settings: Settings
    place: Place
    secrets: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    apis: tuple[str, ...] = ()

    @property
    def stack(self) -> str:
        """`Rubric-dev-`."""
        return self.settings.stack_name("")

    @property
    def prefix(self) -> str:
        """`rubric-dev`."""
        return self.settings.prefix

    def here(self, service: str, *resources: str) -> tuple[str, ...]:
        """ARNs in the environment's region."""
        return tuple(self.place.arn(service, each, region=self.settings.region) for each in resources)

    @property
    def boundary(self) -> str:
        """The ARN of the environment's permissions boundary."""
        return self.place.arn("iam", f"policy/{self.settings.permissions_boundary}")

    @property
    def bootstrap_bucket(self) -> str:
        """The start of the name of bootstrap's bucket."""
        return f"cdk-{self.place.qualifier}-assets-"

    @property
    def assets(self) -> str:
        """Everything in bootstrap's bucket, where the functions' code is."""
        return f"{self.place.asset_bucket(region=self.settings.region)}/*"

    def new(self, key: str, calls: list[str]) -> Conditions:
        """With the environment's tags in the request of a call that makes a resource; key: the service's, for its name.

        EC2 user guide, "Grant permission to tag Amazon EC2 resources during creation"; service authorization reference,
        `sagemaker:TaggingAction`. Without it, tagging somebody else's resource would bring it into an environment.
        """
        return {"StringEquals": {**self.tagged("aws:RequestTag")["StringEquals"], key: calls}}

    def tagged(self, key: str) -> Conditions:
        """With the environment's tags, in the request (`aws:RequestTag`) or on the resource (`aws:ResourceTag`)."""
        tags = {"project": self.settings.project, "environment": self.settings.name}
        return {"StringEquals": {f"{key}/{name}": value for name, value in tags.items()}}


def scopes(names: Names) -> Iterator[Scope]:
    """An environment's scopes; the first that fits an action counts."""
    here, stack, prefix = names.here, names.stack, names.prefix
    yield from _iam(names)
    yield from _sagemaker(names)
    yield from _keys(names)
    yield from _secrets(names)
    yield Scope(("s3:GetObject", "s3:GetObjectVersion"), (names.assets,))
    yield Scope(("s3:*",), (names.place.arn("s3", f"{prefix}-*", account=""),))
    # APIs have generated ids, and what is below them has no tags.
    yield Scope(
        ("apigateway:*",),
        tuple(
            names.place.arn("apigateway", path, region=names.settings.region, account="")
            for path in (*names.apis, *(f"{each}/*" for each in names.apis), "/tags/*")
        ),
    )
    yield Scope(("lambda:*EventSourceMapping", "lambda:ListTags"), here("lambda", "event-source-mapping:*"))
    yield Scope(
        ("lambda:TagResource", "lambda:UntagResource"),
        here("lambda", f"function:{stack}*", "event-source-mapping:*"),
    )
    yield Scope(("lambda:GetCodeSigningConfig",), here("lambda", "code-signing-config:*"))
    # CloudFormation makes a layer's name of its logical id alone.
    yield Scope(("lambda:*LayerVersion",), here("lambda", "layer:MongoDbLayer*"))
    yield Scope(("lambda:*",), here("lambda", f"function:{stack}*"))
    yield from _databases(names)
    yield Scope(("dynamodb:*",), here("dynamodb", f"table/{stack}*"))
    yield Scope(("sqs:*",), here("sqs", f"{stack}*"))
    yield Scope(("sns:*",), here("sns", f"{stack}*"))
    yield Scope(("events:*",), here("events", f"rule/{stack}*"))
    yield Scope(("states:*",), here("states", f"stateMachine:{prefix}-*"))
    yield Scope(("codebuild:*",), here("codebuild", f"project/{prefix}-*"))
    yield Scope(("ecr:*",), here("ecr", f"repository/{prefix}-*"))
    yield Scope(("ssm:*",), here("ssm", f"parameter/{names.settings.project}/{names.settings.name}/*"))
    served = [f"log-group:/aws/sagemaker/{kind}/{prefix}*" for kind in ("Endpoints", "InferenceComponents")]
    named = (*served, f"log-group:/aws/vendedlogs/*/{prefix}*")
    yield Scope(("logs:*",), here("logs", f"log-group:{stack}*", *named))
    yield Scope(("application-autoscaling:*",), here("application-autoscaling", "scalable-target/*"))
    yield Scope(("budgets:*",), (names.place.arn("budgets", f"budget/{stack}*"),))
    # The view whose costs a budget counts: the account has one, and this reads it.
    yield Scope(("billing:GetBillingViewData",), (names.place.arn("billing", "billingview/*"),))
    yield Scope(("cloudwatch:*Dashboard*",), (names.place.arn("cloudwatch", f"dashboard/{prefix}*"),))
    yield Scope(("cloudwatch:*Alarm*",), here("cloudwatch", *_alarms(names)))
    yield Scope(
        ("cloudwatch:*agResource", "cloudwatch:ListTagsForResource"),
        (*here("cloudwatch", *_alarms(names)), names.place.arn("cloudwatch", f"dashboard/{prefix}*")),
    )
    yield from _network(names)


def _alarms(names: Names) -> tuple[str, ...]:
    """Our alarms, and those that a target tracking policy makes (Application Auto Scaling user guide)."""
    return (
        f"alarm:{names.stack}*",
        f"alarm:{names.prefix}-*",
        f"alarm:TargetTracking-endpoint/{names.prefix}*",
        f"alarm:TargetTracking-inference-component/{names.prefix}*",
    )


def _iam(names: Names) -> Iterator[Scope]:
    own = names.place.arn("iam", f"role/{names.stack}*")
    mongodb = names.settings.features.mongodb
    roles = _LINKED | (_DOCUMENTDB if mongodb and mongodb.cluster else {})
    linked = {
        service: names.place.arn("iam", f"role/aws-service-role/{service}/{role}") for service, role in roles.items()
    }
    yield Scope(
        ("iam:CreateServiceLinkedRole",),
        tuple(linked.values()),
        {"StringEquals": {"iam:AWSServiceName": list(linked)}},
    )
    scaling = "sagemaker.application-autoscaling.amazonaws.com"
    yield Scope(
        ("iam:PassRole",),
        (own, linked[scaling]),
        {"StringEquals": {"iam:PassedToService": sorted({*names.services, scaling})}},
    )
    yield Scope(GIVES_PERMISSIONS, (own,), {"StringEquals": {"iam:PermissionsBoundary": names.boundary}})
    yield Scope(("iam:*",), (own,))


def _sagemaker(names: Names) -> Iterator[Scope]:
    generated = names.here("sagemaker", "model/*", "endpoint-config/*")
    prefix = names.prefix
    ours = (f"endpoint/{prefix}*", f"inference-component/{prefix}*", f"model-package-group/{prefix}")
    named = names.here("sagemaker", *ours)
    yield Scope(("sagemaker:CreateModel", "sagemaker:CreateEndpointConfig"), generated, names.tagged("aws:RequestTag"))
    # With the call that makes a resource; a change of tags asks for those that changed, on what has the environment's.
    kinds = ("Endpoint", "EndpointConfig", "InferenceComponent", "Model", "ModelPackageGroup")
    making = [f"Create{kind}" for kind in kinds]
    yield Scope(("sagemaker:AddTags",), (*generated, *named), names.new("sagemaker:TaggingAction", making))
    yield Scope(("sagemaker:AddTags",), (*generated, *named), names.tagged("aws:ResourceTag"), also=True)
    yield Scope(("sagemaker:*Model", "sagemaker:*EndpointConfig"), generated, names.tagged("aws:ResourceTag"))
    yield Scope(("sagemaker:DeleteTags", "sagemaker:ListTags"), (*generated, *named), names.tagged("aws:ResourceTag"))
    # Both name the configuration too, which is only read.
    yield Scope(
        ("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"),
        (*named[:1], *names.here("sagemaker", "endpoint-config/*")),
    )
    yield Scope(("sagemaker:*",), named)


def _keys(names: Names) -> Iterator[Scope]:
    keys = names.here("kms", "key/*")
    # On a key that is being created, too: its tags are in the request.
    yield Scope(("kms:CreateKey",), ("*",), names.tagged("aws:RequestTag"))
    yield Scope(("kms:TagResource",), keys, names.tagged("aws:RequestTag"))
    yield Scope(("kms:TagResource",), keys, names.tagged("aws:ResourceTag"), also=True)
    yield Scope(("kms:*",), keys, names.tagged("aws:ResourceTag"))


def _secrets(names: Names) -> Iterator[Scope]:
    """CloudFormation makes a secret's name of its logical id and random characters."""
    yield Scope(
        ("secretsmanager:*",),
        names.here("secretsmanager", f"secret:{names.stack}*", *(f"secret:{each}-*" for each in names.secrets)),
    )


def _databases(names: Names) -> Iterator[Scope]:
    """DocumentDB's actions are those of RDS, and its identifiers have small letters alone.

    Without groups of their own, clusters and instances have their engine's, which a call for them names too
    (DocumentDB developer guide, "UsingWithRDS.IAM.AccessControl.IdentityBased").
    """
    kinds = ("cluster", "cluster-snapshot", "db", "subgrp", "cluster-pg")
    own = names.here("rds", *(f"{kind}:{names.stack.lower()}*" for kind in kinds))
    default = names.here("rds", *(f"{kind}:default*" for kind in ("cluster-pg", "og", "pg")))
    making = tuple(f"rds:{verb}DB{noun}" for verb in ("Create", "Modify") for noun in ("Cluster", "Instance"))
    yield Scope(making, (*own, *default))
    yield Scope(("rds:*",), own)


def _network(names: Names) -> Iterator[Scope]:
    everything = names.here("ec2", "*/*")
    yield Scope(("ec2:CreateTags",), everything, names.new("ec2:CreateAction", list(_NETWORK_PARTS)))
    yield Scope(("ec2:CreateTags",), everything, names.tagged("aws:ResourceTag"), also=True)
    yield Scope(("ec2:Create*", "ec2:Describe*", "ec2:Get*"), everything)
    yield Scope(("ec2:*",), everything, names.tagged("aws:ResourceTag"))
    yield from _elses_network(names)
    # Route 53 asks for the zone and for the VPC.
    yield Scope(
        ("route53:AssociateVPCWithHostedZone",),
        (names.place.arn("route53", "hostedzone/*", account=""), *names.here("ec2", "vpc/*")),
    )


def _elses_network(names: Names) -> Iterator[Scope]:
    """Endpoints in a VPC that was there: changing one names its subnets and route tables, which have no tags of ours.

    The subnets may be another account's that shares them.
    """
    network = names.settings.network
    parts = (
        *(f"subnet/{each}" for each in network.subnet_ids or ()),
        *(f"route-table/{each}" for each in network.route_table_ids or ()),
    )
    if parts:
        named = (names.place.arn("ec2", each, region=names.settings.region, account="*") for each in parts)
        yield Scope(("ec2:ModifyVpcEndpoint",), tuple(named), also=True)


def service_of(action: str) -> str:
    """`s3` of `s3:GetObject`."""
    return action.partition(":")[0]


def scopes_of(action: str, candidates: list[Scope]) -> list[Scope]:
    """Where an action is allowed: by the first scope that fits, and by those that are meant to be beside it.

    Raises LookupError if nothing says so.
    """
    if action in without_resources() or action in _OPTIONAL:
        unnarrowed = next((each for each in candidates if each.resources == ("*",) and action in each.actions), None)
        return [unnarrowed or Scope((action,), ("*",))]
    fitting = [each for each in candidates if any(fnmatchcase(action, pattern) for pattern in each.actions)]
    if not fitting:
        raise LookupError(f"{action}: nothing says on which of an environment's resources a deploy may call it")
    return [fitting[0], *(each for each in fitting[1:] if each.also)]
