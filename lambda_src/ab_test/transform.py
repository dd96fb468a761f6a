"""Transform jobs: a replay's texts are classified with the challenger's model, without an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common.aws import error_code

_REQUEST_SECONDS = 3600  # the most that SageMaker waits for an answer
_PAYLOAD_MB = 1
# A transform job's request holds many thousand texts, and nobody waits for its answer: an endpoint's limits would
# refuse it.
_ENVIRONMENT = {
    "RUBRIC_MAX_WAITING_TEXTS": "10000000",
    "RUBRIC_MAX_BODY_BYTES": str((_PAYLOAD_MB + 1) * 1024 * 1024),
    "RUBRIC_REQUEST_SECONDS": str(_REQUEST_SECONDS),
    "MMS_MAX_RESPONSE_SIZE": str(100 * 1024 * 1024),
}


@dataclass(frozen=True)
class Job:
    """A transform job. status: InProgress, Completed, Failed, Stopping or Stopped. source, output: its S3 prefixes."""

    status: str
    reason: str
    source: str
    output: str

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status in ("InProgress", "Stopping")


class Jobs:
    """key_arn, volume_key_arn: encrypt the answers and the instance's volume, "" for AWS's own keys."""

    def __init__(self, sagemaker: Any, *, instance_type: str, key_arn: str, volume_key_arn: str) -> None:
        self._sagemaker = sagemaker
        self._key = {"KmsKeyId": key_arn} if key_arn else {}
        on_volume = {"VolumeKmsKeyId": volume_key_arn} if volume_key_arn else {}
        self._resources = {"InstanceType": instance_type, "InstanceCount": 1, **on_volume}

    def start(self, name: str, *, model: str, source: str, output: str) -> None:
        """Starts the job, unless there is one of this name: then that one is the job."""
        try:
            self._sagemaker.create_transform_job(
                TransformJobName=name,
                ModelName=model,
                MaxConcurrentTransforms=4,
                MaxPayloadInMB=_PAYLOAD_MB,
                BatchStrategy="MultiRecord",
                ModelClientConfig={"InvocationsTimeoutInSeconds": _REQUEST_SECONDS, "InvocationsMaxRetries": 3},
                Environment=_ENVIRONMENT,
                TransformInput={
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
                    "ContentType": "application/jsonlines",
                    "SplitType": "Line",
                },
                TransformOutput={
                    "S3OutputPath": output,
                    "Accept": "application/jsonlines",
                    "AssembleWith": "Line",
                    **self._key,
                },
                TransformResources=self._resources,
            )
        except ClientError as error:
            # "ResourceInUse" in CreateTransformJob's API reference; the endpoint's own calls say ValidationException.
            if error_code(error) not in ("ResourceInUse", "ValidationException") or self.describe(name) is None:
                raise

    def describe(self, name: str) -> Job | None:
        """The job as it is now; None if there is none."""
        try:
            answer = self._sagemaker.describe_transform_job(TransformJobName=name)
        except ClientError as error:
            if error_code(error) not in ("ResourceNotFound", "ValidationException"):
                raise
            return None
        return Job(
            status=str(answer["TransformJobStatus"]),
            reason=str(answer.get("FailureReason", "")),
            source=str(answer["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]),
            output=str(answer["TransformOutput"]["S3OutputPath"]),
        )

    def stop(self, name: str) -> None:
        """Stops the job, which may have ended by now."""
        try:
            self._sagemaker.stop_transform_job(TransformJobName=name)
        except ClientError as error:
            if error_code(error) not in ("ResourceNotFound", "ValidationException"):
                raise
