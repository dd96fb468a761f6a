"""Retraining: decide whether to train again, start the pipeline, note the run."""

from __future__ import annotations

from typing import Any

from contracts.deployment.pipeline import ErrorName
from contracts.retraining import decision
from contracts.retraining.decision import Action
from stacks.training.machines import states
from stacks.training.machines.states import State, States

_DECIDE, _START, _NOTE, _LOOK = "Decide", "Start the run", "Note the run", "Look whether it started"
# The states with which an execution ends that starts no run.
_ENDS = {decision.ASK: "Asks", decision.WAIT: "Waits", decision.REPORT: "Reports", decision.NOTHING: "Does nothing"}


def definition(*, partition: str, retrain_arn: str, pipeline_arn: str) -> dict[str, Any]:
    """The machine's definition. Input: `{"cause": "person", "by": <ARN>}`, or anything else from a rule."""
    return {
        "Comment": "Decides whether to train again and, if so, starts the training pipeline.",
        "StartAt": _DECIDE,
        "States": {
            **_decide(retrain_arn),
            "What was decided?": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.decision.outcome", "StringEquals": outcome, "Next": then}
                    for outcome, then in {decision.TRAIN: _START, **_ENDS}.items()
                ],
                "Default": _ENDS[decision.NOTHING],
            },
            **_start(partition, retrain_arn, pipeline_arn),
            **{name: _result() for name in (*_ENDS.values(), "Trains")},
        },
    }


def _decide(retrain_arn: str) -> States:
    parameters = {
        "action": Action.DECIDE,
        "execution.$": "$$.Execution.Id",
        "start_time.$": "$$.Execution.StartTime",
        "input.$": "$$.Execution.Input",
    }
    state = states.call(retrain_arn, parameters=parameters, result="$.decision", then="What was decided?")
    state, failures = states.failing_call(state, prefix="Decision", error=ErrorName.DECISION_FAILED)
    return {_DECIDE: state, **failures}


def _start(partition: str, retrain_arn: str, pipeline_arn: str) -> States:
    """Start the pipeline under the run's own name, so that trying again starts no second run, and do not wait for it.

    "StartExecution is idempotent for STANDARD workflows" (its API reference): the same name and input while it runs
    are the same execution, and later an error. Whatever the error is, the execution itself says whether it began.
    """
    start = {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::states:startExecution",
        "Parameters": {
            "StateMachineArn": pipeline_arn,
            "Name.$": "$.decision.run",
            "Input.$": "$.decision.input",
        },
        "ResultPath": "$.started",
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2}],
        "Next": _NOTE,
    }
    not_started = states.fail(ErrorName.RUN_NOT_STARTED, cause="$.failure.Cause")
    return {
        _START: states.caught(start, by=_LOOK),
        # If this fails, the next decision notes it.
        _NOTE: {**_note(retrain_arn, then="Trains"), "Catch": [_ignored(then="Trains")]},
        _LOOK: {**_note(retrain_arn, then="Did it start?"), "Catch": [_ignored(then="The run was not started")]},
        "Did it start?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.noted.started", "BooleanEquals": True, "Next": "Trains"}],
            "Default": "The run was not started",
        },
        "The run was not started": not_started,
    }


def _note(retrain_arn: str, *, then: str) -> State:
    parameters = {"action": Action.NOTE, "decision_id.$": "$.decision.decision_id"}
    return states.call(retrain_arn, parameters=parameters, result="$.noted", then=then)


def _ignored(*, then: str) -> State:
    """A catcher that leaves `$.failure` as it is."""
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.unnoted", "Next": then}


def _result() -> State:
    return {
        "Type": "Pass",
        "Parameters": {
            "decision_id.$": "$.decision.decision_id",
            "outcome.$": "$.decision.outcome",
            "reason.$": "$.decision.reason",
            "run.$": "$.decision.run",
        },
        "End": True,
    }
