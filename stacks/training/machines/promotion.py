"""The promotion machine: makes a model the approved one, updates the Serving stack, and reverts both if that fails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from contracts.deployment.pipeline import Action, ErrorName, StackBusy, StateName, Status
from stacks.training.machines import states

# An update of the stack rolls out an endpoint; a check that fails now and then must not stop the watching.
_PATIENT = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxAttempts": 5}
# A stack update creates the new model and configuration before its rollout, and removes the old ones after it.
_BESIDE_A_ROLLOUT = 900
_FIRST_BUSY_WAIT, _LONGEST_BUSY_WAIT = 10, 60


@dataclass(frozen=True)
class Patience:
    """How long the machine waits. rollout_seconds: the longest that SageMaker takes for one rollout; poll_seconds: the
    time between two checks.
    """

    rollout_seconds: int
    poll_seconds: int

    @property
    def update_seconds(self) -> int:
        """The longest update of the Serving stack: a rollout that fails at its very end, and the rollout back."""
        return 2 * self.rollout_seconds + _BESIDE_A_ROLLOUT

    @property
    def timeout_seconds(self) -> int:
        """The time for somebody else's update, this one, and the one that reverts it."""
        return 3 * self.update_seconds + 600

    @property
    def while_busy(self) -> states.State:
        """A retry that lasts longer than another deployment or promotion."""
        attempts, waited, wait = 0, 0.0, float(_FIRST_BUSY_WAIT)
        while wait < _LONGEST_BUSY_WAIT:
            attempts, waited, wait = attempts + 1, waited + wait, wait * 1.5
        attempts += math.ceil((self.update_seconds - waited) / _LONGEST_BUSY_WAIT)
        return {
            "ErrorEquals": [StackBusy.__name__],
            "IntervalSeconds": _FIRST_BUSY_WAIT,
            "BackoffRate": 1.5,
            "MaxAttempts": attempts,
            "MaxDelaySeconds": _LONGEST_BUSY_WAIT,
        }


def definition(*, promote_arn: str, patience: Patience) -> dict[str, Any]:
    """The machine's definition.

    Input: `{"artifact_uri": ..., "model_package_arn"?, "champion"?, "rollback"?}`, or an event of the model registry,
    which only leads to a promotion if it reports an approval. champion: the artifact that must still serve, because
    the model was compared with it. rollback: whether an earlier model replaces the one that serves.
    """
    return {
        "Comment": "Serves a model: sets the approved-model parameter and updates the Serving stack with it.",
        "StartAt": "Which model?",
        "States": {
            "Which model?": states.choose_if_present("$.artifact_uri", then=StateName.START, otherwise="Look it up"),
            **_look_up(promote_arn),
            **_start(promote_arn, patience=patience),
            StateName.WAIT: {"Type": "Wait", "Seconds": patience.poll_seconds, "Next": "Check"},
            **_check(promote_arn),
            **_revert(promote_arn, patience=patience),
            "Serving": {"Type": "Succeed"},
        },
    }


def _step(
    promote_arn: str, action: str, *, result: str, then: str, retry: list[states.State], **parameters: str
) -> states.State:
    """A step of the promote function, with the execution's id."""
    arguments = {f"{name}.$": path for name, path in parameters.items()}
    return states.call(
        promote_arn,
        parameters={"action": action, "execution.$": "$$.Execution.Id", **arguments},
        result=result,
        then=then,
        retry=retry,
    )


def _start(promote_arn: str, *, patience: Patience) -> states.States:
    # The whole input: a path that the input lacks would fail.
    start = _step(
        promote_arn,
        Action.START,
        result="$.rollout",
        then="Is there a rollout?",
        retry=[patience.while_busy],
        input="$",
    )
    failed_start = _step(
        promote_arn,
        Action.FAILED_START,
        result="$.let_go",
        then="Has it started after all?",
        retry=[_PATIENT],
        failure="$.failure",
    )
    return {
        StateName.START: states.caught(start, by="Let go"),
        "Is there a rollout?": _choose("$.rollout.status", default=StateName.WAIT, done="Serving"),
        # A start may have failed at any point, or it worked and only its answer was lost.
        "Let go": {
            **failed_start,
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unsettled", "Next": "Rollout did not start"}],
        },
        "Has it started after all?": _choose(
            "$.let_go.status", default=StateName.WAIT, done="Serving", failed="Rollout failed"
        ),
        "Rollout failed": states.fail(ErrorName.ROLLOUT_FAILED, cause="$.let_go.reason"),
        # The reconciler does the rest.
        "Rollout did not start": states.fail(ErrorName.ROLLOUT_FAILED, cause="$.failure.Cause"),
    }


def _look_up(promote_arn: str) -> states.States:
    state = states.call(
        promote_arn,
        parameters={"action": Action.RESOLVE, "event.$": "$", "execution.$": "$$.Execution.Id"},
        result="$",
        then="Was it approved?",
    )
    state, failures = states.failing_call(state, prefix="Look-up", error=ErrorName.LOOK_UP_FAILED)
    return {
        "Look it up": state,
        **failures,
        "Was it approved?": states.choose_if_present(
            "$.artifact_uri", then=StateName.START, otherwise="Nothing to promote"
        ),
        # For example an edit of the package's metadata, or a repeated event: `reason` in the output says which.
        "Nothing to promote": {"Type": "Succeed"},
    }


def _check(promote_arn: str) -> states.States:
    state = _step(promote_arn, Action.CHECK, result="$.check", then="Is it done?", retry=[_PATIENT])
    state, failures = states.failing_call(state, prefix="Check", error=ErrorName.CHECK_FAILED)
    return {
        "Check": state,
        **failures,
        "Is it done?": _choose("$.check.status", default=StateName.WAIT, done="Serving", failed=StateName.TAKE_BACK),
    }


def _revert(promote_arn: str, *, patience: Patience) -> states.States:
    take_back = _step(
        promote_arn,
        Action.REVERT,
        result="$.reverted",
        then="Is the stack back?",
        retry=[patience.while_busy, _PATIENT],
        reason="$.check.reason",
    )
    take_back, failures = states.failing_call(take_back, prefix="Reverting", error=ErrorName.REVERT_FAILED)
    check = _step(
        promote_arn, Action.CHECK_BACK, result="$.back", then="Is it back?", retry=[_PATIENT], reason="$.check.reason"
    )
    check, check_failures = states.failing_call(check, prefix="Check of the way back", error=ErrorName.REVERT_FAILED)
    return {
        StateName.TAKE_BACK: take_back,
        **failures,
        "Is the stack back?": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.reverted.status",
                    "StringEquals": Status.UPDATING,
                    "Next": StateName.WAIT_FOR_THE_WAY_BACK,
                }
            ],
            "Default": "Rolled back",
        },
        StateName.WAIT_FOR_THE_WAY_BACK: {
            "Type": "Wait",
            "Seconds": patience.poll_seconds,
            "Next": "Check the way back",
        },
        "Check the way back": check,
        **check_failures,
        "Is it back?": _choose(
            "$.back.status", default=StateName.WAIT_FOR_THE_WAY_BACK, done="Rolled back", failed="Not rolled back"
        ),
        "Rolled back": states.fail(ErrorName.ROLLED_BACK, cause="$.check.reason"),
        "Not rolled back": states.fail(ErrorName.NOT_ROLLED_BACK, cause="$.back.reason"),
    }


def _choose(path: str, *, default: str, done: str, failed: str | None = None) -> states.State:
    choices = [{"Variable": path, "StringEquals": Status.DONE, "Next": done}]
    if failed is not None:
        choices.append({"Variable": path, "StringEquals": Status.FAILED, "Next": failed})
    return {"Type": "Choice", "Choices": choices, "Default": default}
