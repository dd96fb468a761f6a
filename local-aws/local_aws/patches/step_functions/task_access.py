"""Check the role before each task; the task fails with the documented or publicly quoted error of Step Functions.

Sources of error and cause: awslabs/aws-deployment-framework #460 (Lambda), aws/aws-cdk #26012 (SageMaker),
localstack/localstack #1869 (nested executions). For SDK integrations, "Handling errors in Step Functions workflows"
gives the form `<Service>.<Service>Exception` for errors that the SDK does not model.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from local_aws import iam, private_api
from local_aws.common import scope
from local_aws.patches.step_functions import executions, machine_roles, task_needs

_MODULE = "ministack.services.stepfunctions"
_INVOKE = private_api.declare(
    _MODULE, "_invoke_resource", "ask the state machine's role before a task", takes=("resource", "input_data")
)
_CALLBACK = private_api.declare(
    _MODULE,
    "_invoke_with_callback",
    "ask the state machine's role before a task that waits for a token",
    takes=("resource", "input_data", "token", "state_def"),
)
_ERROR = private_api.declare(_MODULE, "_ExecutionError", "fail a task that the role may not", takes=("error", "cause"))
_MACHINES = private_api.declare(_MODULE, "_state_machines", "know the role of a state machine")
_SDK_PREFIXES = private_api.declare(_MODULE, "_AWS_SDK_ERROR_PREFIX", "name the error of a task that the role may not")

_NOT_ASSUMABLE = (
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
    "provided role."
)
# By service: the error, and the service and status that the SDK for Java 1 puts in the cause.
_OPTIMIZED = {
    "lambda": ("Lambda.AWSLambdaException", "AWSLambda", 403),
    "sagemaker": ("SageMaker.AmazonSageMakerException", "AmazonSageMaker", 400),
    "states": ("StepFunctions.AWSStepFunctionsException", "AWSStepFunctions", 400),
}


def install() -> None:
    """Add the check before MiniStack's own functions."""
    for name in (_INVOKE, _CALLBACK):
        name.set(_asking(name.get()))


def _asking(invoke: Callable[..., Any]) -> Callable[..., Any]:
    def ask(resource: str, input_data: Any, *more: Any) -> Any:
        check(resource, input_data)
        return invoke(resource, input_data, *more)

    return ask


def check(resource: str, request: Any) -> None:
    """Raise MiniStack's error for a task that fails. Outside an execution there is no role to check."""
    execution = executions.current()
    task = task_needs.integration(resource)
    if execution is None or task is None:
        return
    machine = _MACHINES.get().get(execution["stateMachineArn"]) or {}
    try:
        role = machine_roles.assume(machine.get("roleArn", ""), machine_arn=execution["stateMachineArn"])
        for need in task_needs.of_task(task, resource, request, scope.current()):
            _require(role, need)
    except iam.RoleNotAssumableError:
        raise _ERROR.get()("States.Runtime", _NOT_ASSUMABLE) from None
    except iam.AccessDeniedError as denied:
        raise _refused(task, denied.message, named=resource) from None


def _require(role: iam.Role, need: task_needs.Need) -> None:
    """Raise iam.AccessDeniedError for the first of the resources."""
    if not any(role.may(need.action, resource, need.context) for resource in need.resources[1:]):
        role.require(need.action, need.resources[0] if need.resources else None, need.context)


def _refused(task: task_needs.Integration, message: str, *, named: str) -> Exception:
    number = uuid.uuid4()
    if task.is_sdk or task.service not in _OPTIMIZED:
        service = named.split(":")[6 if task.is_sdk else 5].partition(".")[0]
        prefixes: Mapping[str, str] = _SDK_PREFIXES.get()
        prefix = prefixes.get(service.lower(), service.capitalize())
        cause = f"{message} (Service: {prefix}, Status Code: 400, Request ID: {number})"
        error: Exception = _ERROR.get()(f"{prefix}.{prefix}Exception", cause)
        return error
    name, service, status = _OPTIMIZED[task.service]
    about = f"Status Code: {status}; Error Code: AccessDeniedException; Request ID: {number}; Proxy: null"
    error = _ERROR.get()(name, f"{message} (Service: {service}; {about})")
    return error
