"""Training jobs that SageMaker still has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from contracts.models import hyperparameters as encoding
from ops.deployment.cloud import Cloud
from ops.errors import code_of

GONE = ("ValidationException", "ResourceNotFound")


@dataclass(frozen=True)
class Job:
    """A training job. Hyperparameters are the script's, as strings; seconds are None until it ends."""

    hyperparameters: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    seconds: int | None = None
    instance_type: str = ""
    instance_count: int = 1


def describe(cloud: Cloud, name: str) -> Job | None:
    """The job called `name`; None if SageMaker has none."""
    try:
        answer = cloud.client("sagemaker").describe_training_job(TrainingJobName=name)
    except ClientError as error:
        if code_of(error) not in GONE:
            raise
        return None
    resources: dict[str, Any] = answer.get("ResourceConfig", {})
    return Job(
        hyperparameters=own_hyperparameters(answer.get("HyperParameters", {})),
        channels={
            channel["ChannelName"]: str(channel["DataSource"]["S3DataSource"]["S3Uri"])
            for channel in answer.get("InputDataConfig", [])
        },
        seconds=answer.get("TrainingTimeInSeconds"),
        instance_type=str(resources.get("InstanceType", "")),
        instance_count=int(resources.get("InstanceCount", 1)),
    )


def own_hyperparameters(hyperparameters: dict[str, Any]) -> dict[str, str]:
    """The training script's hyperparameters as they were set, without those that tell the container where it is."""
    return encoding.of_job(dict(sorted(hyperparameters.items())))
