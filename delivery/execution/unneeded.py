"""Actions of handlers that CloudFormation calls only for what a template does not have.

A schema lists every action that its handlers may call for any property. `unless` names keys of a definition: where a
resource of the type has one of them, at any depth, the actions stay. Without keys they are always left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True)
class Unneeded:
    """Actions, with stars, of a type's handlers. because: why they belong to these keys, or to nothing here."""

    type: str
    actions: tuple[str, ...]
    unless: tuple[str, ...] = ()
    because: str = ""

    def covers(self, action: str, definitions: list[dict[str, Any]]) -> bool:
        """Whether an action can be left out for a type's resources."""
        if not any(fnmatchcase(action, pattern) for pattern in self.actions):
            return False
        return not any(set(self.unless) & set(_keys(definition)) for definition in definitions)


def unneeded(kind: str, action: str, definitions: list[dict[str, Any]]) -> bool:
    """Whether CloudFormation calls an action for none of a type's resources."""
    return any(each.covers(action, definitions) for each in UNNEEDED if each.type == kind)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from _keys(each)


def _writes(service: str, what: str) -> tuple[str, str]:
    return f"{service}:Put{what}", f"{service}:Delete{what}"


_ENCRYPTED = ("KmsKeyId", "KmsMasterKeyId", "KMSMasterKeyId")
_NEVER = "boundaries are changed, never taken away: nothing that a deploy makes may be without one"

UNNEEDED = (
    Unneeded("AWS::ApiGatewayV2::Api", ("s3:*",), ("BodyS3Location",)),
    Unneeded("AWS::ApiGatewayV2::Authorizer", ("iam:PassRole",), ("AuthorizerCredentialsArn",)),
    Unneeded("AWS::ApiGatewayV2::Integration", ("iam:PassRole",), ("CredentialsArn",)),
    Unneeded("AWS::ApplicationAutoScaling::ScalableTarget", ("*ScheduledAction",), ("ScheduledActions",)),
    Unneeded(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        ("lambda:*",),
        because="for targets in Lambda; ours are a SageMaker endpoint's variants",
    ),
    Unneeded(
        "AWS::DynamoDB::GlobalTable",
        tuple(f"application-autoscaling:{verb}*" for verb in ("Delete", "Deregister", "Put", "Register")),
        ("WriteProvisionedThroughputSettings", "ReadProvisionedThroughputSettings"),
    ),
    Unneeded(
        "AWS::DynamoDB::GlobalTable",
        ("kinesis:*", "dynamodb:*KinesisStreamingDestination"),
        ("KinesisStreamSpecification",),
    ),
    Unneeded("AWS::DynamoDB::GlobalTable", ("kms:*",), _ENCRYPTED),
    Unneeded(
        "AWS::DynamoDB::GlobalTable",
        ("dynamodb:*Item", "dynamodb:Query", "dynamodb:Scan", "cloudwatch:*"),
        because="DynamoDB developer guide, global tables' security: what adding a replica takes; ours have one",
    ),
    Unneeded("AWS::DynamoDB::GlobalTable", ("dynamodb:*ResourcePolicy",), ("ResourcePolicy",)),
    Unneeded("AWS::ECR::Repository", ("kms:*",), ("EncryptionConfiguration",)),
    Unneeded(
        "AWS::ECR::Repository", ("ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy"), ("RepositoryPolicyText",)
    ),
    Unneeded("AWS::EC2::FlowLog", ("autoscaling:*",), because="for instances of groups; ours watches a VPC"),
    Unneeded("AWS::EC2::FlowLog", ("s3:*",), because="for a log in a bucket; ours is a log group"),
    Unneeded("AWS::EC2::VPCEndpoint", ("vpc-lattice:*", "vpce:*"), ("ServiceNetworkArn", "ServiceRegion")),
    Unneeded("AWS::IAM::Policy", ("iam:*UserPolicy",), ("Users",)),
    Unneeded("AWS::IAM::Policy", ("iam:*GroupPolicy",), ("Groups",)),
    Unneeded("AWS::IAM::Role", ("iam:AttachRolePolicy", "iam:DetachRolePolicy"), ("ManagedPolicyArns",)),
    Unneeded("AWS::IAM::Role", ("iam:DeleteRolePermissionsBoundary",), because=_NEVER),
    Unneeded("AWS::Lambda::Alias", ("codedeploy:*",), ("CodeDeployLambdaAliasUpdate",)),
    Unneeded("AWS::Lambda::Alias", ("lambda:*ProvisionedConcurrencyConfig",), ("ProvisionedConcurrencyConfig",)),
    Unneeded("AWS::Lambda::EventSourceMapping", ("kms:*",), ("KmsKeyArn",)),
    Unneeded("AWS::Lambda::Function", ("ec2:*",), ("VpcConfig",)),
    Unneeded("AWS::Lambda::Function", ("elasticfilesystem:*", "s3files:*"), ("FileSystemConfigs",)),
    Unneeded("AWS::Lambda::Function", ("kms:*",), ("KmsKeyArn", "SourceKMSKeyArn")),
    Unneeded("AWS::Lambda::Function", _writes("lambda", "FunctionCodeSigningConfig"), ("CodeSigningConfigArn",)),
    Unneeded("AWS::Lambda::Function", _writes("lambda", "FunctionConcurrency"), ("ReservedConcurrentExecutions",)),
    Unneeded("AWS::Lambda::Function", ("lambda:PassCapacityProvider",), ("CapacityProviderConfig",)),
    Unneeded("AWS::Lambda::Function", ("lambda:PutFunctionScalingConfig",), ("FunctionScalingConfig",)),
    Unneeded("AWS::Lambda::Function", ("lambda:PutFunctionRecursionConfig",), ("RecursiveLoop",)),
    Unneeded("AWS::Lambda::Function", ("lambda:GetLayerVersion",), ("Layers",)),
    Unneeded("AWS::Lambda::Function", ("lambda:PutRuntimeManagementConfig",), ("RuntimeManagementConfig",)),
    Unneeded("AWS::Lambda::Version", ("lambda:Put*",), ("ProvisionedConcurrencyConfig", "RuntimePolicy")),
    Unneeded("AWS::Logs::LogGroup", ("firehose:*",), because="for a log that is delivered to Firehose"),
    Unneeded("AWS::Logs::LogGroup", ("logs:AssociateKmsKey", "logs:DisassociateKmsKey"), ("KmsKeyId",)),
    Unneeded("AWS::Logs::LogGroup", _writes("logs", "DataProtectionPolicy"), ("DataProtectionPolicy",)),
    Unneeded("AWS::Logs::LogGroup", _writes("logs", "IndexPolicy"), ("FieldIndexPolicies",)),
    Unneeded("AWS::Logs::LogGroup", ("logs:PutLogGroupDeletionProtection",), ("DeletionProtectionEnabled",)),
    Unneeded("AWS::Logs::LogGroup", ("logs:PutBearerTokenAuthentication",), ("BearerTokenAuthenticationEnabled",)),
    Unneeded(
        "AWS::Logs::LogGroup",
        ("logs:CreateLogDelivery", "logs:*ResourcePolic*"),
        ("ResourcePolicyDocument",),
    ),
    Unneeded(
        "AWS::SecretsManager::SecretTargetAttachment",
        ("docdb-elastic:*", "redshift*", "rds:DescribeDBInstances"),
        because="for secrets of other databases; ours is of a DocumentDB cluster",
    ),
    Unneeded(
        "AWS::S3::Bucket",
        ("iam:PassRole", "s3:PutReplicationConfiguration"),
        ("ReplicationConfiguration",),
    ),
    Unneeded(
        "AWS::S3::Bucket",
        ("s3tables:*", "s3:Create*Metadata*", "s3:Delete*Metadata*", "s3:Update*Metadata*"),
        ("MetadataTableConfiguration", "MetadataConfiguration"),
    ),
    Unneeded("AWS::S3::Bucket", ("s3:PutBucketAcl", "s3:PutObjectAcl"), ("AccessControl",)),
    Unneeded(
        "AWS::S3::Bucket",
        ("s3:DeleteObject",),
        because="S3 user guide, delete-bucket: CloudFormation deletes empty buckets only",
    ),
    Unneeded(
        "AWS::S3::Bucket",
        ("s3:PutAnalyticsConfiguration",),
        ("AnalyticsConfigurations",),
    ),
    Unneeded("AWS::S3::Bucket", ("s3:PutBucketCORS",), ("CorsConfiguration",)),
    Unneeded("AWS::S3::Bucket", _writes("s3", "BucketWebsite"), ("WebsiteConfiguration",)),
    Unneeded(
        "AWS::S3::Bucket",
        ("s3:PutMetricsConfiguration",),
        ("MetricsConfigurations",),
    ),
    Unneeded("AWS::S3::Bucket", ("s3:PutInventoryConfiguration",), ("InventoryConfigurations",)),
    Unneeded("AWS::S3::Bucket", ("s3:PutAccelerateConfiguration",), ("AccelerateConfiguration",)),
    Unneeded("AWS::S3::Bucket", ("s3:PutBucketNotification",), ("NotificationConfiguration",)),
    Unneeded("AWS::S3::Bucket", ("s3:PutIntelligentTieringConfiguration",), ("IntelligentTieringConfigurations",)),
    Unneeded(
        "AWS::S3::Bucket",
        ("s3:PutBucketObjectLockConfiguration",),
        ("ObjectLockConfiguration", "ObjectLockEnabled"),
    ),
    Unneeded("AWS::S3::Bucket", ("s3:PutBucketAbac",), ("AbacStatus",)),
    Unneeded("AWS::SNS::Subscription", ("iam:*",), ("SubscriptionRoleArn",)),
    Unneeded("AWS::SNS::Topic", ("iam:*",), ("DeliveryStatusLogging",)),
    Unneeded("AWS::SNS::Topic", ("sns:PutDataProtectionPolicy",), ("DataProtectionPolicy",)),
    Unneeded("AWS::SNS::Topic", ("sns:Subscribe", "sns:Unsubscribe"), ("Subscription",)),
    Unneeded("AWS::SageMaker::EndpointConfig", ("kms:*",), _ENCRYPTED),
    Unneeded(
        "AWS::SageMaker::ModelPackageGroup",
        _writes("sagemaker", "ModelPackageGroupPolicy"),
        ("ModelPackageGroupPolicy",),
    ),
    Unneeded("AWS::SecretsManager::Secret", ("secretsmanager:*Region*",), ("ReplicaRegions",)),
    Unneeded("AWS::StepFunctions::StateMachine", ("kms:*",), ("EncryptionConfiguration",)),
    Unneeded("AWS::StepFunctions::StateMachine", ("s3:*",), ("DefinitionS3Location",)),
    Unneeded("AWS::Events::Rule", ("iam:PassRole",), ("RoleArn",)),
)
