"""The Data stack: everything that outlives a deployment."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts.ab_tests import record
from contracts.datasets import fold, manifest
from contracts.deployment import buckets, stack_outputs
from environments import kept
from stacks.base import RubricStack
from stacks.data.erasure_key import ErasureKey
from stacks.data.feature_server import AtlasEndpoint, FeatureCluster
from stacks.data.feature_tables import feature_tables
from stacks.data.key import data_key
from stacks.data.ledger_table import LedgerTable
from stacks.data.request_log_table import RequestLogTable
from stacks.data.secure_bucket import SecureBucket, written_once
from stacks.data.table import Table, text_key
from stacks.deployment import Deployment
from stacks.network.flow_log import FlowLog
from stacks.shared.cleanup import Cleanup
from stacks.stores import FeatureServer, FeatureTables, Stored, Stores


class DataStack(RubricStack):
    """Buckets, tables and, where the settings ask for it, their key."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(
            scope, "Data", deployment=deployment, description="Rubric: datasets, models, request log, API keys."
        )
        self._key = data_key(self)
        self.key_arn = self._key.key_arn if self._key else None
        # Logs can only be delivered to a bucket whose key AWS owns.
        self._access_logs = SecureBucket(
            self,
            "AccessLogBucket",
            deployment=deployment,
            versioned=False,
            lifecycle_rules=[_expire(days=kept.ACCESS_LOG_DAYS)],
        )
        # Made before the buckets that log to it, and so deleted after them: their deletion is logged as well.
        access_log_cleanup = self._clean_up("AccessLogCleanup", self._access_logs)
        self._dataset = self._bucket(
            "DatasetBucket",
            rules=[
                _expire_old_versions(days=kept.OLD_DATASET_DAYS),
                _expire(days=kept.FOLD_DAYS, prefix=fold.FOLDS),
                _forget_old_versions(prefix=fold.FOLDS),
            ],
        )
        self._artifacts = self._bucket(
            "ArtifactBucket",
            rules=[
                _expire_old_versions(days=kept.OLD_ARTIFACT_DAYS),
                # Where rules overlap, the shorter time holds (S3's guide, "lifecycle-conflicts").
                *(
                    _forget_old_versions(prefix=prefix)
                    for prefix in (buckets.CAPTURE, buckets.BATCH, buckets.CHECKPOINTS, buckets.DRIFT, record.TESTS)
                ),
                _expire(days=kept.CAPTURE_DAYS, prefix=buckets.CAPTURE),
                _expire(days=kept.CHECKPOINT_DAYS, prefix=buckets.CHECKPOINTS),
                _expire(days=kept.DRIFT_DAYS, prefix=buckets.DRIFT),
                _expire(days=kept.STAGING_DAYS, prefix=buckets.BATCH_STAGING),
                _expire(days=kept.TRAINING_DAYS, prefix=buckets.TRAINING),
                _forget_old_versions(prefix=buckets.TRAINING, days=kept.REPLACED_OUTPUT_DAYS),
            ],
        )
        written_once(self._dataset, prefix=manifest.VERSIONS)
        written_once(self._artifacts, prefix=buckets.kept("*", ""))
        self._tables()
        self._erasure_key = ErasureKey(self, "ErasureKey", deployment=self.deployment, key_arn=self.key_arn)
        self._clean_up("Cleanup", self._dataset, self._artifacts)
        if self.settings.network.mode == "private" and deployment.placement is not None:
            FlowLog(self, "FlowLog", settings=self.settings, vpc_id=deployment.placement.vpc_id)
        if access_log_cleanup is not None:
            for bucket in (self._dataset, self._artifacts):
                bucket.node.add_dependency(access_log_cleanup.resource)
        self.stores = Stores(
            dataset=self._shared_bucket(self._dataset),
            artifacts=self._shared_bucket(self._artifacts),
            request_log=self._shared_table(self._request_log),
            examples=self._shared_table(self._examples),
            ledger=self._shared_table(self._ledger),
            answers=self._shared_table(self._answers),
            erased=self._shared_table(self._erased),
            api_keys=self._shared_table(self._api_keys),
            usage=self._shared_table(self._usage),
            erasure_key_arn=self.share(self._erasure_key.arn),
            key_arn=self.share(self._key.key_arn) if self._key else None,
            features=self._feature_tables() if self.settings.features.store == "dynamodb" else None,
            feature_server=self._feature_server() if self.settings.features.store == "mongodb" else None,
        )
        self._outputs()

    def _bucket(self, name: str, *, rules: list[s3.LifecycleRule]) -> SecureBucket:
        return SecureBucket(
            self,
            name,
            deployment=self.deployment,
            key=self._key,
            logs_to=self._access_logs,
            lifecycle_rules=[*rules, _abort_uploads()],
        )

    def _tables(self) -> None:
        self._request_log = RequestLogTable(self, "RequestLogTable", deployment=self.deployment, key=self._key)
        self._answers = Table(
            self, "AnswersTable", deployment=self.deployment, key=self._key, partition_key="answer_id"
        )
        self._examples = Table(
            self, "ExamplesTable", deployment=self.deployment, key=self._key, partition_key="example_id"
        )
        self._ledger = LedgerTable(self, "LedgerTable", deployment=self.deployment, key=self._key)
        self._api_keys = Table(self, "ApiKeysTable", deployment=self.deployment, key=self._key, partition_key="key_id")
        # The ids and hashes of what `rubric erase` has erased, to keep it from being written again.
        self._erased = Table(self, "ErasedTable", deployment=self.deployment, key=self._key, partition_key="erased_id")
        # A separate table: the function that writes to it at each request must not be able to write keys.
        self._usage = Table(
            self,
            "UsageTable",
            deployment=self.deployment,
            key=self._key,
            partition_key="key_id",
            sort_key=text_key("day"),
        )

    def _feature_tables(self) -> FeatureTables:
        online, history = feature_tables(self, deployment=self.deployment, key=self._key)
        return FeatureTables(online=self._shared_table(online), history=self._shared_table(history))

    def _feature_server(self) -> FeatureServer:
        mongodb = self.settings.features.mongodb
        assert mongodb is not None
        if mongodb.cluster is not None:
            cluster = FeatureCluster(self, "FeatureCluster", deployment=self.deployment, key=self._key)
            secret = self.share(cluster.secret_arn)
            return FeatureServer(secret=secret, server=mongodb.cluster, group=self.share(cluster.client_group))
        group: str | None = None
        if mongodb.private_endpoint is not None:
            endpoint = AtlasEndpoint(self, "FeatureEndpoint", deployment=self.deployment)
            group = self.share(endpoint.client_group)
        return FeatureServer(secret=mongodb.secret or "", server=mongodb.server or "", group=group)

    def _clean_up(self, name: str, *buckets: SecureBucket) -> Cleanup | None:
        """Deletes buckets with their content; None where data is kept."""
        if self.settings.data.retain:
            return None
        cleanup = Cleanup(
            self,
            name,
            deployment=self.deployment,
            properties={"Buckets": [bucket.bucket_name for bucket in buckets]},
        )
        cleanup.may_delete_buckets([bucket.bucket_arn for bucket in buckets])
        for bucket in buckets:
            # Deleted before the cleanup: CloudFormation would not find the bucket of a policy that it still has.
            if bucket is not self._access_logs and bucket.policy is not None:
                bucket.policy.node.add_dependency(cleanup.resource)
        return cleanup

    def _shared_bucket(self, bucket: s3.Bucket) -> Stored:
        return Stored(name=self.share(bucket.bucket_name), arn=self.share(bucket.bucket_arn))

    def _shared_table(self, table: Table) -> Stored:
        return Stored(name=self.share(table.table_name), arn=self.share(table.table_arn))

    def _outputs(self) -> None:
        self.output(
            stack_outputs.DATASET_BUCKET_NAME, self._dataset.bucket_name, description="Datasets, as trained on."
        )
        self.output(
            stack_outputs.ARTIFACT_BUCKET_NAME,
            self._artifacts.bucket_name,
            description="Models, evaluations and captured requests.",
        )
        self.output(
            stack_outputs.REQUEST_LOG_TABLE_NAME,
            self._request_log.table_name,
            description="One item for each classified text.",
        )
        self.output(
            stack_outputs.EXAMPLES_TABLE_NAME, self._examples.table_name, description="Texts that people have labelled."
        )
        self.output(
            stack_outputs.LEDGER_TABLE_NAME, self._ledger.table_name, description="Every label that came in, by text."
        )
        self.output(
            stack_outputs.ERASURE_KEY_ARN,
            self._erasure_key.arn,
            description="Key of the hashes that keep erased texts out of datasets.",
        )
        self.output(
            stack_outputs.ANSWERS_TABLE_NAME,
            self._answers.table_name,
            description="Answers kept for repeated requests.",
        )
        self.output(
            stack_outputs.ERASED_TABLE_NAME, self._erased.table_name, description="Ids and hashes of what was erased."
        )
        self.output(stack_outputs.API_KEYS_TABLE_NAME, self._api_keys.table_name, description="Hashes of the API keys.")
        self.output(stack_outputs.USAGE_TABLE_NAME, self._usage.table_name, description="Requests of each key by day.")


def _expire(*, days: int, prefix: str | None = None) -> s3.LifecycleRule:
    return s3.LifecycleRule(expiration=cdk.Duration.days(days), prefix=prefix)


def _expire_old_versions(*, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(noncurrent_version_expiration=cdk.Duration.days(days), expired_object_delete_marker=True)


def _forget_old_versions(*, prefix: str, days: int = kept.OLD_TEXT_DAYS) -> s3.LifecycleRule:
    """Without it, what expires or is deleted here stays as an old version for as long as the bucket's other ones."""
    return s3.LifecycleRule(noncurrent_version_expiration=cdk.Duration.days(days), prefix=prefix)


def _abort_uploads() -> s3.LifecycleRule:
    return s3.LifecycleRule(abort_incomplete_multipart_upload_after=cdk.Duration.days(kept.PARTIAL_UPLOAD_DAYS))
