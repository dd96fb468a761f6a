"""The training job that the pipeline creates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.deployment import mirror
from contracts.models import progress

CHANNELS = "/opt/ml/input/data"  # SageMaker's guide, "your-algorithms-training-algo-running-container"
# What an isolated container is told: pip installs what is in the channel, and the hub's client asks no hub.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": f"{CHANNELS}/{mirror.WHEELS_CHANNEL}",
    "HF_HUB_OFFLINE": "1",
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """A training job's fixed part. key_arn, volume_key_arn: None where AWS's own keys encrypt.

    encrypt_traffic: whether the traffic between several instances is encrypted. isolated: whether it has no network.
    vpc_config: `VpcConfig`, if any.
    """

    image: str
    role_arn: str
    instance_type: str
    instance_count: int
    encrypt_traffic: bool
    volume_gb: int
    max_runtime_seconds: int
    spot: bool
    tags: Mapping[str, str]
    key_arn: str | None
    volume_key_arn: str | None
    vpc_config: Mapping[str, Any] | None = None
    isolated: bool = False


def training_job(job: Job) -> dict[str, Any]:
    """CreateTrainingJob's request; the preparation's answer at `$.job` fills in the rest."""
    output = {"S3OutputPath.$": "$.job.output_path"}
    resources: dict[str, Any] = {
        "InstanceType": job.instance_type,
        "InstanceCount": job.instance_count,
        "VolumeSizeInGB": job.volume_gb,
    }
    if job.key_arn:
        output["KmsKeyId"] = job.key_arn
    if job.volume_key_arn:
        resources["VolumeKmsKeyId"] = job.volume_key_arn
    stopping = {"MaxRuntimeInSeconds": job.max_runtime_seconds}
    request: dict[str, Any] = {
        "TrainingJobName.$": "$.job.job_name",
        "AlgorithmSpecification": {
            "TrainingImage": job.image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": name, "Regex": regex} for name, regex in progress.METRICS.items()],
        },
        "RoleArn": job.role_arn,
        "HyperParameters.$": "$.job.hyperparameters",
        "InputDataConfig.$": "$.job.input_data_config",
        "OutputDataConfig": output,
        "ResourceConfig": resources,
        "StoppingCondition": stopping,
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(job.tags.items())],
    }
    if job.vpc_config is not None:
        request["VpcConfig"] = dict(job.vpc_config)
    if job.instance_count > 1:
        request["EnableInterContainerTrafficEncryption"] = job.encrypt_traffic
    if job.isolated:
        request["EnableNetworkIsolation"] = True
        request["Environment"] = dict(OFFLINE)
    if job.spot:
        # Waiting for capacity and interruptions may together take as long as the training itself.
        stopping["MaxWaitTimeInSeconds"] = 2 * job.max_runtime_seconds
        request["EnableManagedSpotTraining"] = True
        request["CheckpointConfig"] = {"S3Uri.$": "$.job.checkpoint_uri", "LocalPath": "/opt/ml/checkpoints"}
    return request
