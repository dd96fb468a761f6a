"""Checks in CreateStateMachine and UpdateStateMachine: trust, the event rules of `.sync`, the log's destination.

All three messages are public: AWS's own CloudFormation resource provider looks for "Neither the global service
principal ..." and "managed-rule", as do nasa/cumulus #2693 and aws-samples/amazon-sagemaker-safe-deployment-pipeline
#29. For the permissions behind the last two, see each service's page under "How Step Functions generates IAM policies",
and "Using CloudWatch Logs to log execution history".
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from local_aws import iam, private_api
from local_aws.common import scope
from local_aws.patches.step_functions import machine_roles

_MODULE = "ministack.services.stepfunctions"
_TYPE = "AWS::StepFunctions::StateMachine"
_CREATE = private_api.declare(_MODULE, "_create_state_machine", "ask the role of a new state machine", takes=("data",))
_UPDATE = private_api.declare(
    _MODULE, "_update_state_machine", "ask the role of an updated state machine", takes=("data",)
)
_MACHINES = private_api.declare(_MODULE, "_state_machines", "know the role of a state machine that is updated")
_RESOURCES = private_api.declare(
    "ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS", "ask the role of a stack's state machine"
)
_ERROR = private_api.declare(
    "ministack.core.responses",
    "error_response_json",
    "refuse a state machine whose role may not",
    takes=("code", "message", "status", "extra", "message_key", "content_type"),
)
_CODE = "AccessDeniedException"
_RULES = {
    "sagemaker:createTrainingJob.sync": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "sagemaker:createTransformJob.sync": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "states:startExecution.sync": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}
_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
_LOG_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


class RefusedError(Exception):
    """The request is refused; the text is AWS's message."""


def install() -> None:
    """Check before MiniStack creates or updates a machine, for both API callers and stacks."""
    _CREATE.set(_asking_api(_CREATE.get()))
    _UPDATE.set(_asking_api(_UPDATE.get()))
    handlers: dict[str, Any] = _RESOURCES.get()[_TYPE]
    create, update = handlers["create"], handlers["update"]

    def creating(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        _check_properties(props, logical_id)
        return create(logical_id, props, stack_name)

    def updating(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str, *more: Any) -> Any:
        _check_properties(new, physical_id)
        return update(physical_id, old, new, stack_name, *more)

    handlers.update(create=creating, update=updating)


def check(role_arn: str, *, machine_arn: str, definition: str, logs: bool) -> None:
    """Raise RefusedError if the role lacks a permission."""
    try:
        role = machine_roles.assume(role_arn, machine_arn=machine_arn)
    except iam.RoleNotAssumableError:
        raise RefusedError(
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            "the provided role."
        ) from None
    account, region = scope.current()
    for integration, rule in _RULES.items():
        arn = f"arn:aws:events:{region}:{account}:rule/{rule}"
        if integration in definition and not all(role.may(action, arn) for action in _RULE_ACTIONS):
            raise RefusedError(f"'{role_arn}' is not authorized to create managed-rule.")
    if logs and not all(role.may(action, "*") for action in _LOG_ACTIONS):
        raise RefusedError("The state machine IAM Role is not authorized to access the Log Destination")


def _asking_api(function: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def ask(data: dict[str, Any]) -> Any:
        arn = data.get("stateMachineArn", "")
        known = _MACHINES.get().get(arn) or {}
        role_arn = data.get("roleArn") or known.get("roleArn")
        if role_arn:
            try:
                check(
                    role_arn,
                    machine_arn=arn or _arn(data.get("name", "")),
                    definition=str(data.get("definition") or known.get("definition") or ""),
                    logs=_has_destination(data.get("loggingConfiguration") or {}),
                )
            except RefusedError as refused:
                return _ERROR.get()(_CODE, str(refused), 400)
        return function(data)

    return ask


def _check_properties(properties: Mapping[str, Any], name: str) -> None:
    """Raise RefusedError, which fails the resource."""
    text = json.dumps(properties.get("DefinitionString") or properties.get("Definition") or "")
    logs = _has_destination(properties.get("LoggingConfiguration") or {})
    try:
        machine = _arn(properties.get("StateMachineName") or name)
        check(properties.get("RoleArn", ""), machine_arn=machine, definition=text, logs=logs)
    except RefusedError as refused:
        raise RefusedError(f"{refused} (Service: AWSStepFunctions; Status Code: 400; Error Code: {_CODE})") from None


def _has_destination(logging: Mapping[str, Any]) -> bool:
    """Whether logging has a destination, named as in the API or as in a template."""
    level = str(logging.get("level") or logging.get("Level") or "OFF")
    return level != "OFF" and bool(logging.get("destinations") or logging.get("Destinations"))


def _arn(name: str) -> str:
    account, region = scope.current()
    return name if name.startswith("arn:") else f"arn:aws:states:{region}:{account}:stateMachine:{name}"
