"""Stacks that an interrupted run left in progress: waits for them or deletes them."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from local.deployment.state import client, stacks_of
from local.errors import CliError
from local.workspace import Workspace

_POLL_SECONDS = 1.0
_DELETE_AGAIN = ("REVIEW_IN_PROGRESS", "DELETE_FAILED", "ROLLBACK_FAILED", "CREATE_FAILED")


def settle(
    workspace: Workspace, *, server_started: float, say: Callable[[str], None], tick: Callable[[], None] = lambda: None
) -> None:
    """Return once no stack of ours is in progress. Raises CliError if only starting afresh helps.

    server_started: epoch seconds; operations from before then are dead. say: receives a line if there is something to
    wait for; tick: called while waiting.
    """
    cloudformation = client(workspace, "cloudformation")
    announced: set[str] = set()
    while True:
        busy = False
        # Newest first: a stack that others import from is deleted after them.
        for stack in reversed(stacks_of(workspace)):
            name, status = stack["StackName"], stack["StackStatus"]
            in_progress = status.endswith("_IN_PROGRESS")
            if status in _DELETE_AGAIN or (in_progress and _stale(cloudformation, name, server_started)):
                _delete(cloudformation, name, status, say)
                busy = True
            elif in_progress:
                busy = True
                if name not in announced:
                    announced.add(name)
                    say(f"waiting for {name}: {status} since an interrupted run")
        if not busy:
            return
        tick()
        time.sleep(_POLL_SECONDS)


def _stale(cloudformation: Any, name: str, server_started: float) -> bool:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    newest = max((event["Timestamp"].timestamp() for event in events), default=0.0)
    return bool(newest < server_started)


def _delete(cloudformation: Any, name: str, status: str, say: Callable[[str], None]) -> None:
    say(f"deleting {name}: left {status} by an interrupted run")
    try:
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    except (ClientError, WaiterError) as error:
        raise CliError(
            f"{name} is {status} and cannot be deleted ({error}): run `make local-down`, then `make demo`."
        ) from None
