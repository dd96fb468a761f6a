"""What a stack's status means for a promotion. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.deployment.buckets import model_version
from contracts.deployment.pipeline import StackBusy, Status
from lambda_src.common import provenance
from lambda_src.pipeline.promote.stuck import ABSENT, StackNotUpdatable, how_to_repair

APPROVED = "Approved"  # a package's ModelApprovalStatus

# A change set of a stack that was never made, and a first deploy that failed: the next deploy makes the stack anew.
_NOT_YET = {ABSENT, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_COMPLETE"}
_SETTLED = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}
_SUCCEEDED = {"UPDATE_COMPLETE", "CREATE_COMPLETE"}


class Refused(Exception):  # noqa: N818 (the state machine shows this name)
    """The promotion is refused: nothing was rolled out, and the parameter is unchanged."""


class NotApproved(Refused):
    """The model's package is not Approved, or no longer."""


class ChampionReplaced(Refused):
    """The gate compared the model with one that no longer serves, so its verdict no longer counts."""


@dataclass(frozen=True)
class Progress:
    """Where an update is (one of Status), and why where it failed."""

    status: str
    reason: str = ""


def has_stack(status: str) -> bool:
    """Whether there is a stack to update. Raises StackBusy or StackNotUpdatable when it cannot be updated now."""
    if status in _NOT_YET:
        return False
    if status in _SETTLED:
        return True
    if status.endswith("_IN_PROGRESS"):
        raise StackBusy(f"the Serving stack is in {status}")
    raise StackNotUpdatable(how_to_repair(status))


def is_settled(status: str) -> bool:
    """Whether there is a stack that nobody is changing and that can be updated."""
    return status in _SETTLED


def is_to_come(status: str) -> bool:
    """Whether the next deploy makes the stack, with the model that is approved by then."""
    return status in _NOT_YET


def is_there(status: str) -> bool:
    """Whether there is a stack that is not being changed, even if it needs repair."""
    return not is_to_come(status) and not status.endswith("_IN_PROGRESS")


def needs_a_person(status: str) -> bool:
    """Whether there is a stack that no promotion can change before a person has repaired it."""
    return is_there(status) and not is_settled(status)


def replaced(champion: str | None, *, serving: str, wanted: str) -> str:
    """Why the gate's verdict on `wanted` no longer counts, or "". champion: the location or version of the model that
    it was compared with, "" for none, None where nobody has compared it.
    """
    if champion is None or serving == wanted or champion in _names(serving):
        return ""
    name = model_version(wanted) or wanted
    return (
        f"{name} was compared with {_named(champion)}, and {_named(serving)} serves by now: train again, or run "
        f"`rubric models promote {name} --override-champion`"
    )


def _names(artifact_uri: str) -> tuple[str, ...]:
    """The name for messages of an artifact, which packages and inputs identify in different ways."""
    version = model_version(artifact_uri)
    return (artifact_uri, provenance.champion_value(artifact_uri), *([version] if version else []))


def _named(artifact_uri: str) -> str:
    nothing = ("", provenance.champion_value(""))
    return "no model" if artifact_uri in nothing else model_version(artifact_uri) or artifact_uri


def not_promoted(approval: str, *, acted_by: str) -> str:
    """Why an event of a package leads to no promotion."""
    if approval != APPROVED:
        return f"the model package is {approval or 'not approved'}"
    if acted_by:
        return f"its approval was acted on already, by {acted_by}"
    return "its approval is not new: `rubric models promote` serves an approved model"


def progress(status: str, *, reason: str) -> Progress:
    """What `status` says about the update that was started; `reason` is why the stack failed, if it did."""
    if status == ABSENT:
        return Progress(Status.FAILED, "the Serving stack is gone")
    if status in _SUCCEEDED:
        return Progress(Status.DONE)
    if status.endswith("_IN_PROGRESS"):
        return Progress(Status.UPDATING)
    return Progress(Status.FAILED, reason or f"the Serving stack is in {status}")
