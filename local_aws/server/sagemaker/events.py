"""SageMaker's events on EventBridge's default bus, with the documented details."""

import json
from collections.abc import Mapping
from typing import Any

from local_aws.server import faults, seams
from local_aws.server.sagemaker.delivery import deliver
from local_aws.server.sagemaker.store import Record
from local_aws.server.sagemaker.times import in_milliseconds

_PUT = seams.declare(
    "ministack.services.eventbridge", "_put_events", "tell EventBridge of a change", takes=("data", "allow_aws_source")
)

_TRAINING = (
    "TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "FailureReason", "HyperParameters",
    "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition",
    "CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime", "SecondaryStatusTransitions",
    "ModelArtifacts", "FinalMetricDataList",
)  # fmt: skip
_TRANSFORM = (
    "TransformJobName", "TransformJobArn", "TransformJobStatus", "FailureReason", "ModelName",
    "MaxConcurrentTransforms", "MaxPayloadInMB", "BatchStrategy", "Environment", "TransformInput", "TransformOutput",
    "TransformResources", "CreationTime", "TransformStartTime", "TransformEndTime",
)  # fmt: skip
_ENDPOINT = (
    "EndpointName", "EndpointArn", "EndpointConfigName", "ProductionVariants", "EndpointStatus", "FailureReason",
    "CreationTime", "LastModifiedTime",
)  # fmt: skip
_PACKAGE = (
    "ModelPackageName", "ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription",
    "CreationTime", "InferenceSpecification", "ModelPackageStatus", "ModelPackageStatusDetails", "ModelApprovalStatus",
    "CertifyForMarketplace", "MetadataProperties", "ModelMetrics", "LastModifiedTime", "CustomerMetadataProperties",
)  # fmt: skip
PACKAGE_CHANGED = "SageMaker Model Package State Change"
DETAILS = {
    "SageMaker Training Job State Change": _TRAINING,
    "SageMaker Transform Job State Change": _TRANSFORM,
    "SageMaker Endpoint State Change": _ENDPOINT,
    PACKAGE_CHANGED: _PACKAGE,
}
# The only status that the events spell otherwise than the API does.
_ENDPOINT_STATUS = {
    "Creating": "CREATING", "Updating": "UPDATING", "SystemUpdating": "SYSTEM_UPDATING", "RollingBack": "ROLLING_BACK",
    "InService": "IN_SERVICE", "Deleting": "DELETING", "Failed": "FAILED",
}  # fmt: skip


def detail(detail_type: str, record: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """The event's detail; times are milliseconds since 1970, as SageMaker's events have them."""
    members = {name: record[name] for name in DETAILS[detail_type] if record.get(name) is not None}
    if "EndpointStatus" in members:
        members["EndpointStatus"] = _ENDPOINT_STATUS[members["EndpointStatus"]]
    return {**in_milliseconds(members), "Tags": dict(tags)}


def publish(detail_type: str, record: Record, arn: str, tags: Mapping[str, str]) -> None:
    found = detail(detail_type, record, tags)
    if detail_type == PACKAGE_CHANGED and faults.on(faults.EVENT_FIELDS):
        found["UpdatedModelPackageFields"] = record.get("UpdatedModelPackageFields", [])
    entry = {"Source": "aws.sagemaker", "DetailType": detail_type, "Detail": json.dumps(found), "Resources": [arn]}

    def send() -> None:
        _PUT.get()({"Entries": [entry]}, allow_aws_source=True)

    if detail_type == PACKAGE_CHANGED:
        deliver(send)
    else:
        send()
