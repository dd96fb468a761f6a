"""Starting a transform job on the deployed model."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from contracts.budget import spending
from contracts.deployment import buckets, stack_outputs
from environments.aws.instances import takes_volume_key
from ops.batch.locations import File, Place, Source
from ops.batch.validate import PAYLOAD_MB
from ops.deployment import served_model
from ops.deployment.cloud import Cloud
from ops.errors import NOT_FOUND, USAGE, OpsError, code_of

CONCURRENT = 4
FALLBACK_INSTANCE = "ml.c7i.xlarge"  # if the endpoint has no instances
_REQUEST_SECONDS = 3600  # the most that SageMaker waits for an answer
_RETRIES = 3
# A transform job's request holds many thousand texts, and nobody waits for its answer: an endpoint's limits would
# refuse it.
_ENVIRONMENT = {
    "RUBRIC_MAX_WAITING_TEXTS": "10000000",
    "RUBRIC_MAX_BODY_BYTES": str((PAYLOAD_MB + 1) * 1024 * 1024),
    "RUBRIC_REQUEST_SECONDS": str(_REQUEST_SECONDS),
    "RUBRIC_ACCESS_LOG": "on",  # what the progress is read from
    "MMS_MAX_RESPONSE_SIZE": str(100 * 1024 * 1024),
}


@dataclass(frozen=True)
class Deployed:
    """The model that serves: its SageMaker name, and its endpoint's instance type ("" if it has none)."""

    model: str
    instance_type: str


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where a job reads and writes in S3, and whether the texts must be staged there.

    The model's role can access only the artifact bucket's `batch/`: files from elsewhere go through its staging folder.
    """

    source: Place
    output: Place
    is_source_staged: bool


@dataclass(frozen=True)
class Status:
    """A job's state: InProgress, Completed, Failed, Stopping or Stopped; `seconds` on its instances, None before."""

    status: str
    reason: str
    seconds: float | None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status in ("InProgress", "Stopping")


def deployed(cloud: Cloud) -> Deployed:
    """The model behind the environment's endpoint. Raises OpsError if there is none."""
    sagemaker = cloud.client("sagemaker")
    endpoint = cloud.stacks.need(stack_outputs.ENDPOINT_NAME)
    try:
        served = served_model.read(sagemaker, endpoint=endpoint)
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise
        raise OpsError(f"The endpoint {endpoint} does not exist: deploy the Serving stack", status=NOT_FOUND) from None
    return Deployed(model=served.model, instance_type=served.instance_type)


def instance_type(sagemaker: Any, model: Deployed, requested: str | None) -> str:
    """The requested type, else the endpoint's. Raises OpsError for a type on which transform jobs do not run."""
    known = sagemaker.meta.service_model.shape_for("TransformInstanceType").enum
    if requested is not None and requested not in known:
        raise OpsError(
            f"--instance-type {requested!r}: transform jobs do not run on it; ml.c7i.xlarge is one", status=USAGE
        )
    return requested or (model.instance_type if model.instance_type in known else FALLBACK_INSTANCE)


def new_name(prefix: str) -> str:
    """A new job name for the environment."""
    return f"{prefix}-batch-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def route(cloud: Cloud, job: str, *, source: Source, output: Place | Path) -> Route:
    """Where the job reads and writes: the source and the output themselves if the model's role can access them."""
    ours = Place(cloud.stacks.need(stack_outputs.ARTIFACT_BUCKET_NAME), buckets.BATCH)
    staging = Place(ours.bucket, f"{buckets.BATCH_STAGING}{job}/")
    # A job reads every object whose key starts with its prefix: a file whose key is such a prefix is staged alone.
    read = source.at if isinstance(source.at, Place) and ours.holds(source.at) and source.is_alone else None
    written = output if isinstance(output, Place) and ours.holds(output) else None
    return Route(
        source=read or staging.below("in/"),
        output=written or staging.below("out/"),
        is_source_staged=read is None,
    )


def stage(s3: Any, file: File, folder: Place) -> None:
    """Stage a file: uploaded, or copied within S3."""
    target = folder.below(file.name)
    if isinstance(file.at, Path):
        s3.upload_file(str(file.at), target.bucket, target.key)
    else:
        s3.copy({"Bucket": file.at.bucket, "Key": file.at.key}, target.bucket, target.key)


def start(
    cloud: Cloud, job: str, *, model: str, where: Route, content_type: str, instance_type: str, instance_count: int
) -> None:
    """Start the job: as many lines per request as fit into 1 MiB, four concurrent requests per instance."""
    key = _key_of(cloud.client("s3"), where.output.bucket)
    on_volume = {"VolumeKmsKeyId": key} if key and takes_volume_key(instance_type) else {}
    cloud.client("sagemaker").create_transform_job(
        TransformJobName=job,
        ModelName=model,
        MaxConcurrentTransforms=CONCURRENT,
        MaxPayloadInMB=PAYLOAD_MB,
        BatchStrategy="MultiRecord",
        ModelClientConfig={"InvocationsTimeoutInSeconds": _REQUEST_SECONDS, "InvocationsMaxRetries": _RETRIES},
        Environment=_ENVIRONMENT,
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": where.source.uri}},
            "ContentType": content_type,
            "SplitType": "Line",
        },
        TransformOutput={
            "S3OutputPath": where.output.uri.rstrip("/"),
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
            **({"KmsKeyId": key} if key else {}),
        },
        TransformResources={"InstanceType": instance_type, "InstanceCount": instance_count, **on_volume},
        Tags=[{"Key": "rubric:environment", "Value": cloud.env}, *_counted(cloud)],
    )


def _counted(cloud: Cloud) -> list[dict[str, str]]:
    """The tag by which the AWS budget counts a job, if there is one."""
    settings = cloud.settings
    return [] if settings.cost.monthly_budget_usd is None else [{"Key": spending.TAG, "Value": settings.prefix}]


def describe(cloud: Cloud, job: str) -> Status:
    """The job's current state."""
    answer = cloud.client("sagemaker").describe_transform_job(TransformJobName=job)
    began, ended = answer.get("TransformStartTime"), answer.get("TransformEndTime")
    return Status(
        status=answer["TransformJobStatus"],
        reason=answer.get("FailureReason", ""),
        seconds=((ended or datetime.now(UTC)) - began).total_seconds() if began else None,
    )


def _key_of(s3: Any, bucket: str) -> str:
    """The KMS key that encrypts the bucket, "" if it is AWS's own: by default SageMaker uses a key of its own."""
    try:
        rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    except ClientError as error:
        if code_of(error) != "ServerSideEncryptionConfigurationNotFoundError":
            raise
        return ""
    for rule in rules["Rules"]:
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        if default.get("SSEAlgorithm") == "aws:kms":
            return str(default.get("KMSMasterKeyID", ""))
    return ""
