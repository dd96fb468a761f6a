"""States that several machines use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

State = dict[str, Any]
States = dict[str, State]

# Errors whose Cause is a sentence; of every other Lambda error it is a JSON object with the exception in it.
_PLAIN_LAMBDA_ERRORS = [
    "Lambda.Unknown",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.ResourceNotFoundException",
    "States.Timeout",
    "States.Runtime",
]
_TRANSIENT_LAMBDA_ERRORS = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]


def call(arn: str, *, parameters: Mapping[str, Any], result: str, then: str, retry: list[State] | None = None) -> State:
    """Call a function and put its answer at the path `result`. The caller catches failures."""
    transient = {"ErrorEquals": _TRANSIENT_LAMBDA_ERRORS, "IntervalSeconds": 2, "MaxAttempts": 4, "BackoffRate": 2}
    # A retrier for all errors has to come last ("Error names" in Step Functions' guide).
    retries = sorted([*(retry or []), transient], key=lambda each: "States.ALL" in each["ErrorEquals"])
    return {
        "Type": "Task",
        "Resource": arn,
        "Parameters": dict(parameters),
        "ResultPath": result,
        "Retry": retries,
        "Next": then,
    }


def caught(state: State, *, by: str) -> State:
    """The state, with every error caught and put at `$.failure`."""
    return {**state, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": by}]}


def failing_call(state: State, *, prefix: str, error: str) -> tuple[State, States]:
    """A function call, and the states that end the execution with the function's exception as its reason."""
    plain, unpack, reason = f"{prefix} did not run", f"Why {prefix.lower()} failed", f"{prefix} failed"
    with_catch = {
        **state,
        "Catch": [
            {"ErrorEquals": _PLAIN_LAMBDA_ERRORS, "ResultPath": "$.failure", "Next": plain},
            {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": unpack},
        ],
    }
    return with_catch, {
        plain: fail(error, cause="$.failure.Cause"),
        unpack: {
            "Type": "Pass",
            "Parameters": {"exception.$": "States.StringToJson($.failure.Cause)"},
            "ResultPath": "$.unpacked",
            "Next": reason,
        },
        reason: fail(error, cause="$.unpacked.exception.errorMessage"),
    }


def fail(error: str, *, cause: str) -> State:
    """End the execution as failed; `cause` is the path of the reason."""
    return {"Type": "Fail", "Error": error, "CausePath": cause}


def run_machine(
    *, partition: str, machine_arn: str, name: str, machine_input: Mapping[str, Any], result: str, then: str
) -> State:
    """Run another machine and wait for its end. name: a path to the execution's name."""
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::states:startExecution.sync:2",
        "Parameters": {
            "StateMachineArn": machine_arn,
            "Name.$": name,
            "Input": {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id", **machine_input},
        },
        "ResultPath": result,
        "Next": then,
    }


def describe_execution(*, partition: str, arn: str, then: str, otherwise: str) -> State:
    """Read an execution's own reason, which its parent only gets within a JSON string. arn: an intrinsic function."""
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::aws-sdk:sfn:describeExecution",
        "Parameters": {"ExecutionArn.$": arn},
        "ResultPath": "$.described",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.undescribed", "Next": otherwise}],
        "Next": then,
    }


def choose_if_present(path: str, *, then: str, otherwise: str) -> State:
    """Go to `then` if there is a value at a path."""
    return {"Type": "Choice", "Choices": [{"Variable": path, "IsPresent": True, "Next": then}], "Default": otherwise}
