"""What a check's job may do: preflight's questions, and an API key for the smoke test."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from contracts.deployment.buckets import MIRROR
from contracts.deployment.delivery import ISSUER, stack_name
from delivery.place import Place
from environments.settings import Settings

# The table's logical id in the Data stack, which never changes (tests/stacks/stored.json).
API_KEYS_TABLE = "ApiKeysTable"
# Calls of `rubric preflight` that no resource narrows (service authorization reference).
_UNNARROWED = (
    "account:GetRegionOptStatus",
    "iam:ListOpenIDConnectProviders",
    "organizations:DescribeEffectivePolicy",
    "servicequotas:ListAWSDefaultServiceQuotas",
    "servicequotas:ListServiceQuotas",
)


def statements(settings: Settings, *, place: Place) -> list[iam.PolicyStatement]:
    """The role's permissions."""
    return [
        iam.PolicyStatement(sid="Account", actions=list(_UNNARROWED), resources=["*"]),
        iam.PolicyStatement(
            sid="Stacks",
            actions=["cloudformation:DescribeStacks"],
            resources=[
                place.stacks(settings),
                place.arn("cloudformation", f"stack/{stack_name(settings.project)}/*", region="*"),
            ],
        ),
        iam.PolicyStatement(
            sid="Parameters",
            actions=["ssm:GetParameter"],
            resources=[
                place.arn("ssm", f"parameter{name}", region=settings.region)
                for name in (place.bootstrap_version, settings.approved_model_parameter)
            ],
        ),
        iam.PolicyStatement(
            sid="DeployRole",
            actions=["iam:GetRole", "iam:ListAttachedRolePolicies", "iam:SimulatePrincipalPolicy"],
            resources=[place.bootstrap_role("cfn-exec", region=settings.region)],
        ),
        iam.PolicyStatement(
            sid="Delivery",
            actions=["iam:GetOpenIDConnectProvider", "iam:GetPolicy"],
            resources=[
                place.arn("iam", f"oidc-provider/{ISSUER}"),
                place.arn("iam", f"policy/{settings.permissions_boundary}"),
            ],
        ),
        # The registries are AWS's own or the company's: which, the settings' images say, so only reading is granted.
        iam.PolicyStatement(
            sid="Images",
            actions=["ecr:BatchGetImage"],
            resources=[place.arn("ecr", "repository/*", region="*", account="*")],
        ),
        *_bedrock(settings, place=place),
        *_network(settings),
        *_mirror(settings, place=place),
        iam.PolicyStatement(
            sid="SmokeKey",
            actions=["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            resources=[place.table(settings, logical_id=API_KEYS_TABLE)],
        ),
        *_encryption(settings, place=place),
    ]


def _network(settings: Settings) -> list[iam.PolicyStatement]:
    """EC2 lets no resource narrow what is described."""
    if not settings.network.inside:
        return []
    kinds = (
        *("AvailabilityZones", "RouteTables", "SecurityGroups", "Subnets", "VpcAttribute", "VpcEndpointServices"),
        *("VpcEndpoints", "Vpcs"),
    )
    actions = [*(f"ec2:Describe{kind}" for kind in kinds), "servicequotas:GetServiceQuota"]
    return [iam.PolicyStatement(sid="Network", actions=actions, resources=["*"])]


def _mirror(settings: Settings, *, place: Place) -> list[iam.PolicyStatement]:
    """What isolated training needs is in a bucket of the environment's, under a prefix of its own."""
    if not (settings.classifier.trained and settings.isolated_training):
        return []
    buckets = place.arn("s3", f"{settings.prefix}-data-*", account="")
    return [
        iam.PolicyStatement(
            sid="MirrorNames",
            actions=["s3:ListBucket"],
            resources=[buckets],
            conditions={"StringLike": {"s3:prefix": f"{MIRROR}*"}},
        ),
        iam.PolicyStatement(sid="Mirror", actions=["s3:GetObject"], resources=[f"{buckets}/{MIRROR}*"]),
    ]


def _bedrock(settings: Settings, *, place: Place) -> list[iam.PolicyStatement]:
    if not settings.classifier.uses_bedrock:
        return []
    region = settings.classifier.bedrock.region or settings.region
    return [
        # AWS's reference has no resource for the first.
        iam.PolicyStatement(sid="BedrockModel", actions=["bedrock:GetFoundationModelAvailability"], resources=["*"]),
        iam.PolicyStatement(
            sid="BedrockProfile",
            actions=["bedrock:GetInferenceProfile"],
            resources=[
                place.arn("bedrock", "inference-profile/*", region=region),
                place.arn("bedrock", "application-inference-profile/*", region=region),
            ],
        ),
    ]


def _encryption(settings: Settings, *, place: Place) -> list[iam.PolicyStatement]:
    """DynamoDB asks KMS as its caller (DynamoDB developer guide, "encryption at rest", permissions on the key)."""
    if settings.data.encryption != "kms":
        return []
    return [
        iam.PolicyStatement(
            sid="SmokeKeyEncryption",
            actions=["kms:Decrypt"],
            resources=[place.arn("kms", "key/*", region=settings.region)],
            conditions={
                "StringEquals": {
                    "kms:ViaService": f"dynamodb.{settings.region}.amazonaws.com",
                    "aws:ResourceTag/project": settings.project,
                    "aws:ResourceTag/environment": settings.name,
                }
            },
        )
    ]
