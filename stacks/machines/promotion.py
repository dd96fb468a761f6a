"""Promotion: make a model the approved one, update the Serving stack, and take it back if that fails."""

from __future__ import annotations

from typing import Any

from stacks.machines import states

# Another deployment or promotion holds the stack; together about 18 minutes of patience.
_BUSY = {
    "ErrorEquals": ["StackBusy"],
    "IntervalSeconds": 10,
    "BackoffRate": 1.5,
    "MaxAttempts": 20,
    "MaxDelaySeconds": 60,
}
# An update of the stack rolls out an endpoint; a check that fails now and then must not lose sight of it.
_PATIENT = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxAttempts": 5}


def definition(*, promote_arn: str, poll_seconds: int) -> dict[str, Any]:
    """The machine's definition.

    Input: `{"artifact_uri": ...}`, or `{"model_package_arn": ...}` from the registry's event.
    """
    start, start_failures = states.failing_call(
        states.call(
            promote_arn,
            parameters={"action": "start", "artifact_uri.$": "$.artifact_uri"},
            result="$.rollout",
            then="Is there a rollout?",
            retry=[_BUSY],
        ),
        prefix="Rollout",
        error="RolloutFailed",
    )
    return {
        "Comment": "Serves a model: sets the approved-model parameter and updates the Serving stack with it.",
        "StartAt": "Which model?",
        "States": {
            "Which model?": states.choose_if_present("$.artifact_uri", then="Start", otherwise="Look it up"),
            **_look_up(promote_arn),
            "Start": start,
            **start_failures,
            "Is there a rollout?": _choose("$.rollout.status", default="Wait"),
            "Wait": {"Type": "Wait", "Seconds": poll_seconds, "Next": "Check"},
            **_check(promote_arn),
            **_revert(promote_arn),
            "Serving": {"Type": "Succeed"},
        },
    }


def _look_up(promote_arn: str) -> states.States:
    state = states.call(
        promote_arn,
        parameters={"action": "resolve", "model_package_arn.$": "$.model_package_arn"},
        result="$",
        then="Start",
    )
    state, failures = states.failing_call(state, prefix="Look-up", error="LookUpFailed")
    return {"Look it up": state, **failures}


def _check(promote_arn: str) -> states.States:
    state = states.call(
        promote_arn, parameters={"action": "check"}, result="$.check", then="Is it done?", retry=[_PATIENT]
    )
    state, failures = states.failing_call(state, prefix="Check", error="CheckFailed")
    return {
        "Check": state,
        **failures,
        "Is it done?": _choose("$.check.status", default="Wait", failed="Take it back"),
    }


def _revert(promote_arn: str) -> states.States:
    state = states.call(
        promote_arn,
        parameters={"action": "revert", "previous.$": "$.rollout.previous", "artifact_uri.$": "$.artifact_uri"},
        result="$.reverted",
        then="Rolled back",
        retry=[_PATIENT],
    )
    state, failures = states.failing_call(state, prefix="Reverting", error="RevertFailed")
    return {"Take it back": state, **failures, "Rolled back": states.fail("RolledBack", cause="$.check.reason")}


def _choose(path: str, *, default: str, failed: str | None = None) -> states.State:
    choices = [{"Variable": path, "StringEquals": "done", "Next": "Serving"}]
    if failed is not None:
        choices.append({"Variable": path, "StringEquals": "failed", "Next": failed})
    return {"Type": "Choice", "Choices": choices, "Default": default}
