"""Step Functions' integrations with SageMaker: the optimized ones with `.sync`, and `aws-sdk:sagemaker`."""

import json
import time
from collections.abc import Callable
from typing import Any

from local_aws import private_api
from local_aws.common import shapes
from local_aws.common.errors import ApiError
from local_aws.patches.step_functions import executions, task_access
from local_aws.sagemaker import operations
from local_aws.sagemaker.plane import Plane
from local_aws.sagemaker.reporting.events import in_milliseconds

_DISPATCH = private_api.declare(
    "ministack.services.stepfunctions", "_SERVICE_DISPATCH", "run SageMaker tasks of a state machine"
)
_ERROR = private_api.declare(
    "ministack.services.stepfunctions", "_ExecutionError", "fail a SageMaker task", takes=("error", "cause")
)
_SDK_SERVICES = private_api.declare(
    "ministack.services.stepfunctions", "_AWS_SDK_SERVICE_MAP", "call SageMaker from a state machine"
)
_SDK_PREFIXES = private_api.declare(
    "ministack.services.stepfunctions", "_AWS_SDK_ERROR_PREFIX", "name SageMaker's errors in a state machine"
)
_SDK_CODES = private_api.declare(
    "ministack.services.stepfunctions", "_AWS_SDK_ERROR_CODE_OVERRIDES", "name SageMaker's errors in a state machine"
)

_RESOURCE = "arn:aws:states:::sagemaker:"
_POLL = 0.2
# The operation, and for those with .sync: the call that describes the resource, its name, its status, and the status
# that means success.
_INTEGRATIONS: dict[str, tuple[str, str, str, str] | None] = {
    "CreateEndpointConfig": None,
    "CreateEndpoint": ("DescribeEndpoint", "EndpointName", "EndpointStatus", "InService"),
    "UpdateEndpoint": ("DescribeEndpoint", "EndpointName", "EndpointStatus", "InService"),
    "CreateModel": None,
    "CreateTrainingJob": ("DescribeTrainingJob", "TrainingJobName", "TrainingJobStatus", "Completed"),
    "CreateTransformJob": ("DescribeTransformJob", "TransformJobName", "TransformJobStatus", "Completed"),
}
# The call that stops the job of an aborted execution.
_STOP = {"CreateTrainingJob": "StopTrainingJob", "CreateTransformJob": "StopTransformJob"}
_BUSY = ("InProgress", "Stopping", "Creating", "Updating", "SystemUpdating", "RollingBack")
# The exceptions that the SDK for Java models; it names all others after the service.
_MODELLED = {
    "ResourceNotFound": "ResourceNotFoundException",
    "ResourceInUse": "ResourceInUseException",
    "ResourceLimitExceeded": "ResourceLimitExceededException",
    "ConflictException": "ConflictException",
}


def install(plane: Plane) -> None:
    dispatch = _DISPATCH.get()
    # MiniStack takes the first entry that is a prefix of the resource, so longer names come first.
    for operation in sorted(_INTEGRATIONS, key=len, reverse=True):
        dispatch[f"{_RESOURCE}{operation[:1].lower()}{operation[1:]}"] = _task(plane, operation)
    _SDK_SERVICES.get()["sagemaker"] = {"target_prefix": "SageMaker", "protocol": "json"}
    _SDK_PREFIXES.get()["sagemaker"] = "SageMaker"
    _SDK_CODES.get()["sagemaker"] = {**_MODELLED, "ValidationException": "SageMakerException"}


def _task(plane: Plane, operation: str) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    waiting = _INTEGRATIONS[operation]

    def run(resource: str, request: dict[str, Any]) -> dict[str, Any]:
        members = shapes.request_from_properties("sagemaker", operation, request)
        answer = _call(plane, operation, members)
        if not resource.endswith(".sync"):
            return answer
        if waiting is None:
            raise _ERROR.get()("States.Runtime", f"{resource} is not an integration of Step Functions.")
        describe, name, status, success = waiting
        refused = False
        while True:
            described = _call(plane, describe, {name: members[name]})
            if described[status] not in _BUSY:
                break
            if operation in _STOP and described[status] == "InProgress" and not refused and _is_aborted():
                refused = not _stopped(plane, _STOP[operation], {name: members[name]})
            time.sleep(_POLL)
        if described[status] != success or described.get("EndpointConfigName") != members.get("EndpointConfigName"):
            raise _ERROR.get()("States.TaskFailed", json.dumps(in_milliseconds(described)))
        return dict(in_milliseconds(described))

    return run


def _stopped(plane: Plane, operation: str, request: dict[str, Any]) -> bool:
    """Stop the job of an aborted execution; False if the machine's role may not stop it, and the job continues."""
    try:
        task_access.check(f"{_RESOURCE}{operation[:1].lower()}{operation[1:]}", request)
    except _ERROR.get():
        return False
    _call(plane, operation, request)
    return True


def _is_aborted() -> bool:
    """Whether this thread's execution has been stopped, which also stops the job that its task waits for."""
    if not executions.arn():
        return False
    execution = executions.current()
    # The record disappears with its state machine, which is deleted as soon as nothing runs any more.
    return execution is None or execution["status"] == "ABORTED"


def _call(plane: Plane, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return operations.call(plane, operation, request)
    except ApiError as error:
        name = _MODELLED.get(error.code, "AmazonSageMakerException")
        raise _ERROR.get()(f"SageMaker.{name}", error.message) from None
