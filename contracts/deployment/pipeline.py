"""Names of the state machines, and of those states, errors, actions and statuses that other code uses."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


def training_machine(prefix: str) -> str:
    """Name of the machine that trains a model. prefix: `<project>-<environment>`."""
    return f"{prefix}-training"


def promotion_machine(prefix: str) -> str:
    """Name of the machine that serves a model. prefix: `<project>-<environment>`."""
    return f"{prefix}-promotion"


def retraining_machine(prefix: str) -> str:
    """Name of the machine that decides whether to train again. prefix: `<project>-<environment>`."""
    return f"{prefix}-retraining"


def training_job(prefix: str, *, started: datetime, execution_name: str) -> str:
    """Name of the job of the training machine's execution: `<prefix>-<yyyymmdd-hhmmss>-<4 hex>` (UTC).

    The same for an execution each time: no second job.
    """
    suffix = hashlib.sha256(execution_name.encode()).hexdigest()[:4]
    return f"{prefix}-{started.astimezone(UTC):%Y%m%d-%H%M%S}-{suffix}"


class StateName:
    """States that operators see."""

    # Of the training machine.
    PREPARE = "Prepare"
    NOTHING_NEW = "Nothing new"
    TRAIN = "Train"
    GATE = "Gate"
    REGISTER = "Register"
    REGISTER_FOR_APPROVAL = "Register for approval"
    PROMOTE = "Promote"
    TEST = "Test"
    # Of the promotion machine.
    START = "Start"
    WAIT = "Wait"
    TAKE_BACK = "Take it back"
    WAIT_FOR_THE_WAY_BACK = "Wait for the way back"


class ErrorName:
    """Errors with which the machines' executions end."""

    # Of the training machine.
    PREPARATION_FAILED = "PreparationFailed"
    TRAINING_FAILED = "TrainingFailed"
    EVALUATION_FAILED = "EvaluationFailed"
    GATE_REFUSED = "GateRefused"
    REGISTRATION_FAILED = "RegistrationFailed"
    PROMOTION_FAILED = "PromotionFailed"
    NOT_TESTED = "NotTested"
    NO_FIRST_MODEL = "NoFirstModel"
    # Of the retraining machine.
    DECISION_FAILED = "DecisionFailed"
    RUN_NOT_STARTED = "RunNotStarted"
    # Of the promotion machine.
    LOOK_UP_FAILED = "LookUpFailed"
    ROLLOUT_FAILED = "RolloutFailed"
    CHECK_FAILED = "CheckFailed"
    REVERT_FAILED = "RevertFailed"
    ROLLED_BACK = "RolledBack"
    NOT_ROLLED_BACK = "NotRolledBack"


@dataclass(frozen=True)
class NothingNew:
    """The end of a training run that folds the ledger of labels and had nothing new to train on.

    reason: a sentence. job_name: of the training job that found it, "" if none was needed for that.
    """

    reason: str
    job_name: str

    @classmethod
    def of(cls, output: Mapping[str, Any]) -> NothingNew | None:
        """Of an execution's output; None for any other end."""
        if not output.get("nothing_new"):
            return None
        return cls(reason=str(output.get("reason", "")), job_name=str(output.get("job_name", "")))


class StackBusy(Exception):  # noqa: N818 (Step Functions matches a Lambda function's error by its class's name)
    """The Serving stack is being changed; try again later. The promotion machine does so."""


class Action:
    """Actions of the function `promote`: `action` in its event."""

    RESOLVE = "resolve"
    WAITING = "waiting"
    START = "start"
    FAILED_START = "let_go"  # deployed state machines send this name
    CHECK = "check"
    REVERT = "revert"
    CHECK_BACK = "check_back"
    SETTLE = "settle"


# The Serving stack's parameter that says for which rollout its alarms are not asked: a rollback's, from a model for
# which they may ring. GUARDED: for none.
UNGUARDED = "UnguardedRollout"
GUARDED = "none"

# The end of the name of the alarm with which a rollback stops another promotion's rollout.
STOPPED_ALARM = "Stopped"

# What the `reason` of a promotion begins with whose model answered too few requests during its rollout.
NOT_TESTED = "promoted, not tested"

# The `reason` of a promotion before there is a Serving stack: the next deploy creates the stack with this model.
NO_STACK_YET = "no stack yet"


# What stands before its request's id for the execution of a turn that the reconciler takes.
SETTLING = "settling:"


class Status:
    """`status` in the answers of the function `promote`."""

    UPDATING = "updating"
    DONE = "done"
    FAILED = "failed"
