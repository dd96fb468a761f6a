"""The environment's stacks at the end of a run: retries listing them, waits, and finally deletes them by API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tools.acceptance.cleanup.notes import Notes
from tools.acceptance.cleanup.stopping import stop_work
from tools.acceptance.listing import stacks_of
from tools.acceptance.run import Run

# None before those that use its exports. The functions of the others have network interfaces in the network's subnets.
ORDER = ("Monitoring", "Api", "Challenger", "Serving", "Training", "Data", "Endpoints", "Network")
_SETTLE_SECONDS, _LOCAL_SETTLE_SECONDS = 3600.0, 300.0
_ASKED = 4  # times in a row before CloudFormation counts as unreachable


def seen(run: Run, *, notes: Notes) -> dict[str, str] | None:
    """Statuses by name; None if CloudFormation does not answer after several tries."""
    for again in range(_ASKED):
        if again:
            time.sleep(1.0 if run.place.is_local else 15.0)
        with notes.of("the stacks could not be listed"):
            found = stacks_of(run.place.client("cloudformation"), run.name)
            return {stack["StackName"]: stack["StackStatus"] for stack in found}
    return None


def settle(run: Run, *, notes: Notes, say: Callable[[str], None]) -> None:
    """Wait until no stack is in progress. An update is cancelled; a stack that was only planned is deleted."""
    reported: set[tuple[str, str]] = set()
    end_at = _end_of_patience(run)
    while time.monotonic() < end_at:
        here = seen(run, notes=notes)
        if here is None:
            break
        busy = [(name, status) for name, status in here.items() if status.endswith("_IN_PROGRESS")]
        if not busy:
            return
        for name, status in busy:
            if (name, status) not in reported:
                reported.add((name, status))
                say(f"  {name} is {status}")
                with notes.of(f"{name} could not be hurried"):
                    _hurry(run.place.client("cloudformation"), name, status)
        stop_work(run, notes=notes)  # a stack that is still being created may have begun to train meanwhile
        _pause(run)
    say("  stacks are or may be in progress: trying the destroy anyway")


def delete(run: Run, *, notes: Notes, say: Callable[[str], None]) -> None:
    """DeleteStack one after another, without the CLI and the app; CloudFormation takes the role that the stack has."""
    here = seen(run, notes=notes)
    ours = run.settings.model_copy(update={"name": run.name})  # never another environment's, even if the file names one
    names = [ours.stack_name(part) for part in ORDER] if here is None else sorted(here, key=_rank)
    for name in names:
        say(f"  {name} is deleted by CloudFormation's API")
        with notes.of(f"{name} could not be deleted"):
            run.place.client("cloudformation").delete_stack(StackName=name)
            _wait_until_gone(run, name, notes=notes)


def _wait_until_gone(run: Run, name: str, *, notes: Notes) -> None:
    end_at = _end_of_patience(run)
    while time.monotonic() < end_at:
        here = seen(run, notes=notes)
        if here is None or here.get(name, "DELETE_FAILED") == "DELETE_FAILED":
            return
        _pause(run)


def _rank(name: str) -> int:
    part = name.rpartition("-")[2]
    return ORDER.index(part) if part in ORDER else -1


def _hurry(cloudformation: Any, name: str, status: str) -> None:
    try:
        if status == "UPDATE_IN_PROGRESS":
            cloudformation.cancel_update_stack(StackName=name)
        elif status == "REVIEW_IN_PROGRESS":
            cloudformation.delete_stack(StackName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # it has moved on meanwhile
            raise


def _end_of_patience(run: Run) -> float:
    return time.monotonic() + (_LOCAL_SETTLE_SECONDS if run.place.is_local else _SETTLE_SECONDS)


def _pause(run: Run) -> None:
    time.sleep(1.0 if run.place.is_local else 10.0)
