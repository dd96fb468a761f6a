"""SageMaker's events on EventBridge's default bus, with documented details; once and in order unless a fault is on."""

import contextvars
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from local_aws import faults, private_api
from local_aws.common.store import Record

_PUT = private_api.declare(
    "ministack.services.eventbridge", "_put_events", "tell EventBridge of a change", takes=("data", "allow_aws_source")
)

_TRAINING = (
    "TrainingJobName",
    "TrainingJobArn",
    "TrainingJobStatus",
    "SecondaryStatus",
    "FailureReason",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "SecondaryStatusTransitions",
    "ModelArtifacts",
    "FinalMetricDataList",
)
_TRANSFORM = (
    "TransformJobName",
    "TransformJobArn",
    "TransformJobStatus",
    "FailureReason",
    "ModelName",
    "MaxConcurrentTransforms",
    "MaxPayloadInMB",
    "BatchStrategy",
    "Environment",
    "TransformInput",
    "TransformOutput",
    "TransformResources",
    "CreationTime",
    "TransformStartTime",
    "TransformEndTime",
)
_ENDPOINT = (
    "EndpointName",
    "EndpointArn",
    "EndpointConfigName",
    "ProductionVariants",
    "EndpointStatus",
    "FailureReason",
    "CreationTime",
    "LastModifiedTime",
)
_PACKAGE = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "ModelApprovalStatus",
    "CertifyForMarketplace",
    "MetadataProperties",
    "ModelMetrics",
    "LastModifiedTime",
    "CustomerMetadataProperties",
)
PACKAGE_CHANGED = "SageMaker Model Package State Change"
DETAILS = {
    "SageMaker Training Job State Change": _TRAINING,
    "SageMaker Transform Job State Change": _TRANSFORM,
    "SageMaker Endpoint State Change": _ENDPOINT,
    PACKAGE_CHANGED: _PACKAGE,
}
# Only this status is spelled differently in events than in the API.
_ENDPOINT_STATUS = {
    "Creating": "CREATING",
    "Updating": "UPDATING",
    "SystemUpdating": "SYSTEM_UPDATING",
    "RollingBack": "ROLLING_BACK",
    "InService": "IN_SERVICE",
    "Deleting": "DELETING",
    "Failed": "FAILED",
}

_LATE_SECONDS = 2.0

Send = Callable[[], None]

_lock = threading.Lock()
_held: list[Send] = []


def detail(detail_type: str, record: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the event's detail; times are milliseconds since 1970, as in SageMaker's events."""
    members = {name: record[name] for name in DETAILS[detail_type] if record.get(name) is not None}
    if "EndpointStatus" in members:
        members["EndpointStatus"] = _ENDPOINT_STATUS[members["EndpointStatus"]]
    return {**in_milliseconds(members), "Tags": dict(tags)}


def publish(detail_type: str, record: Record, arn: str, tags: Mapping[str, str]) -> None:
    content = detail(detail_type, record, tags)
    if detail_type == PACKAGE_CHANGED and faults.on(faults.EVENT_FIELDS):
        content["UpdatedModelPackageFields"] = record.get("UpdatedModelPackageFields", [])
    entry = {"Source": "aws.sagemaker", "DetailType": detail_type, "Detail": json.dumps(content), "Resources": [arn]}

    def send() -> None:
        _PUT.get()({"Entries": [entry]}, allow_aws_source=True)

    if detail_type == PACKAGE_CHANGED:
        _deliver(send)
    else:
        send()


def in_milliseconds(value: Any, name: str = "") -> Any:
    """Convert `...Time` and `Timestamp` from seconds to whole milliseconds since 1970, as other services show them."""
    if isinstance(value, dict):
        return {key: in_milliseconds(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [in_milliseconds(item) for item in value]
    if isinstance(value, float) and (name.endswith("Time") or name == "Timestamp"):
        return int(value * 1000)
    return value


def _deliver(send: Send) -> None:
    """Call `send` once, twice, or after the next event's, depending on the faults."""
    if faults.on(faults.DOUBLED_EVENTS):
        once = send

        def send() -> None:
            once()
            once()

    if not faults.on(faults.REORDERED_EVENTS):
        send()
        return
    with _lock:
        late = _held.pop() if _held else None
        if late is None:
            # The context carries the account and region.
            context = contextvars.copy_context()
            held: Send = lambda: context.run(send)  # noqa: E731 (named only to be found again)
            _held.append(held)
            timer = threading.Timer(_LATE_SECONDS, _release, args=(held,))
            timer.daemon = True
            timer.start()
            return
    send()
    late()


def _release(held: Send) -> None:
    with _lock:
        if held not in _held:
            return
        _held.remove(held)
    held()
