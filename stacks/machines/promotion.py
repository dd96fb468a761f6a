"""Promotion: make a model the approved one, update the Serving stack, and take it back if that fails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from stacks.machines import states

# An update of the stack rolls out an endpoint; a check that fails now and then must not lose sight of it.
_PATIENT = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxAttempts": 5}
# What a stack update does around its rollout: the new model and configuration before it, removing the old after it.
_BESIDE_A_ROLLOUT = 900
_FIRST_BUSY_WAIT, _LONGEST_BUSY_WAIT = 10, 60


@dataclass(frozen=True)
class Patience:
    """How long the machine goes on. rollout_seconds: what SageMaker may take for one rollout; poll_seconds: between two
    looks at it.
    """

    rollout_seconds: int
    poll_seconds: int

    @property
    def update_seconds(self) -> int:
        """The longest update of the Serving stack: a rollout that fails at its very end, and the one back."""
        return 2 * self.rollout_seconds + _BESIDE_A_ROLLOUT

    @property
    def timeout_seconds(self) -> int:
        """Somebody else's update, this one, and the one that takes this one back."""
        return 3 * self.update_seconds + 600

    @property
    def while_busy(self) -> states.State:
        """The retry that outlasts another deployment or promotion."""
        attempts, waited, wait = 0, 0.0, float(_FIRST_BUSY_WAIT)
        while wait < _LONGEST_BUSY_WAIT:
            attempts, waited, wait = attempts + 1, waited + wait, wait * 1.5
        attempts += math.ceil((self.update_seconds - waited) / _LONGEST_BUSY_WAIT)
        return {
            "ErrorEquals": ["StackBusy"],
            "IntervalSeconds": _FIRST_BUSY_WAIT,
            "BackoffRate": 1.5,
            "MaxAttempts": attempts,
            "MaxDelaySeconds": _LONGEST_BUSY_WAIT,
        }


def definition(*, promote_arn: str, patience: Patience) -> dict[str, Any]:
    """The machine's definition.

    Input: `{"artifact_uri": ..., "model_package_arn"?, "champion"?, "rollback"?}`, or an event of the model registry,
    which promotes only what it tells of the approval of. champion: the artifact that must still serve, since the model
    was compared with it. rollback: whether the one that serves is given up on.
    """
    return {
        "Comment": "Serves a model: sets the approved-model parameter and updates the Serving stack with it.",
        "StartAt": "Which model?",
        "States": {
            "Which model?": states.choose_if_present("$.artifact_uri", then="Start", otherwise="Look it up"),
            **_look_up(promote_arn),
            **_start(promote_arn, patience=patience),
            "Wait": {"Type": "Wait", "Seconds": patience.poll_seconds, "Next": "Check"},
            **_check(promote_arn),
            **_revert(promote_arn, patience=patience),
            "Serving": {"Type": "Succeed"},
        },
    }


def _step(
    promote_arn: str, action: str, *, result: str, then: str, retry: list[states.State], **parameters: str
) -> states.State:
    """A step of the function, which is told whose turn it is."""
    given = {f"{name}.$": path for name, path in parameters.items()}
    return states.call(
        promote_arn,
        parameters={"action": action, "execution.$": "$$.Execution.Id", **given},
        result=result,
        then=then,
        retry=retry,
    )


def _start(promote_arn: str, *, patience: Patience) -> states.States:
    # The whole input: a path to what the input does not have would fail.
    start = _step(
        promote_arn, "start", result="$.rollout", then="Is there a rollout?", retry=[patience.while_busy], input="$"
    )
    let_go = _step(
        promote_arn,
        "let_go",
        result="$.let_go",
        then="Has it started after all?",
        retry=[_PATIENT],
        failure="$.failure",
    )
    return {
        "Start": states.caught(start, by="Let go"),
        "Is there a rollout?": _choose("$.rollout.status", default="Wait", done="Serving"),
        # A start may have failed at any point, or have worked while its answer was lost.
        "Let go": {
            **let_go,
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unsettled", "Next": "Rollout did not start"}],
        },
        "Has it started after all?": _choose(
            "$.let_go.status", default="Wait", done="Serving", failed="Rollout failed"
        ),
        "Rollout failed": states.fail("RolloutFailed", cause="$.let_go.reason"),
        # What is left is settled by the reconciler.
        "Rollout did not start": states.fail("RolloutFailed", cause="$.failure.Cause"),
    }


def _look_up(promote_arn: str) -> states.States:
    state = states.call(
        promote_arn,
        parameters={"action": "resolve", "event.$": "$", "execution.$": "$$.Execution.Id"},
        result="$",
        then="Was it approved?",
    )
    state, failures = states.failing_call(state, prefix="Look-up", error="LookUpFailed")
    return {
        "Look it up": state,
        **failures,
        "Was it approved?": states.choose_if_present("$.artifact_uri", then="Start", otherwise="Nothing to promote"),
        # An edit of the package's metadata, say, or an event that came twice: `reason` in the output says which.
        "Nothing to promote": {"Type": "Succeed"},
    }


def _check(promote_arn: str) -> states.States:
    state = _step(promote_arn, "check", result="$.check", then="Is it done?", retry=[_PATIENT])
    state, failures = states.failing_call(state, prefix="Check", error="CheckFailed")
    return {
        "Check": state,
        **failures,
        "Is it done?": _choose("$.check.status", default="Wait", done="Serving", failed="Take it back"),
    }


def _revert(promote_arn: str, *, patience: Patience) -> states.States:
    take_back = _step(
        promote_arn,
        "revert",
        result="$.reverted",
        then="Is the stack back?",
        retry=[patience.while_busy, _PATIENT],
        reason="$.check.reason",
    )
    take_back, failures = states.failing_call(take_back, prefix="Reverting", error="RevertFailed")
    check = _step(
        promote_arn, "check_back", result="$.back", then="Is it back?", retry=[_PATIENT], reason="$.check.reason"
    )
    check, check_failures = states.failing_call(check, prefix="Check of the way back", error="RevertFailed")
    return {
        "Take it back": take_back,
        **failures,
        "Is the stack back?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.reverted.status", "StringEquals": "updating", "Next": "Wait for the way back"}],
            "Default": "Rolled back",
        },
        "Wait for the way back": {"Type": "Wait", "Seconds": patience.poll_seconds, "Next": "Check the way back"},
        "Check the way back": check,
        **check_failures,
        "Is it back?": _choose(
            "$.back.status", default="Wait for the way back", done="Rolled back", failed="Not rolled back"
        ),
        "Rolled back": states.fail("RolledBack", cause="$.check.reason"),
        "Not rolled back": states.fail("NotRolledBack", cause="$.back.reason"),
    }


def _choose(path: str, *, default: str, done: str, failed: str | None = None) -> states.State:
    choices = [{"Variable": path, "StringEquals": "done", "Next": done}]
    if failed is not None:
        choices.append({"Variable": path, "StringEquals": "failed", "Next": failed})
    return {"Type": "Choice", "Choices": choices, "Default": default}
