"""Buckets: encrypted, TLS only, nothing public, versioned, logged."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.deployment import Deployment
from stacks.shared.acknowledgements import accept


class SecureBucket(s3.Bucket):
    """A bucket with the project's defaults. logs_to: the bucket that its access log goes to."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        key: kms.IKey | None = None,
        logs_to: s3.IBucket | None = None,
        lifecycle_rules: Sequence[s3.LifecycleRule] = (),
        versioned: bool = True,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=versioned,
            server_access_logs_bucket=logs_to,
            server_access_logs_prefix=f"{construct_id.lower()}/" if logs_to else None,
            lifecycle_rules=list(lifecycle_rules),
            removal_policy=deployment.removal_policy,
        )
        if logs_to is None:
            accept(self, "S1", because="This bucket is where access logs go; logging its own writes would never end.")


def written_once(bucket: s3.Bucket, *, prefix: str) -> None:
    """Let nobody, not even administrators, overwrite an object under a prefix: writes need `If-None-Match: *` (S3 User
    Guide, "conditional-writes-enforce").
    """
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects(f"{prefix}*")],
            # Not for the parts of an upload, which cannot have the header, only for the call that completes it.
            conditions={"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
        )
    )
