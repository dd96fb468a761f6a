"""The end of every run: stops running jobs, destroys the stacks and counts the leftovers.

A failure on the way, such as a missing permission or a lost network, does not keep the rest from being tried.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tools.acceptance.cleanup import stacks
from tools.acceptance.cleanup.leftovers import Left, resources, settled
from tools.acceptance.cleanup.notes import Notes
from tools.acceptance.cleanup.stopping import stop_work
from tools.acceptance.errors import StepError
from tools.acceptance.run import Run, StepResult, measured

_COUNT_SECONDS, _LOCAL_COUNT_SECONDS = 300.0, 10.0
_PRESSES = 3
_TRIES = 2


def end(run: Run, *, say: Callable[[str], None]) -> Left:
    """Destroy and count, without limits and despite Ctrl-C; returns the leftovers."""
    run.commands.check = lambda: None
    left = Left(uncounted={"everything": "it was not counted"})
    known: set[str] = set()
    with insisting(say):
        destroyed = StepResult("destroy")
        run.outcomes.append(destroyed)
        with measured(run, destroyed, say=say):
            destroy(run, known=known, seen=destroyed.seen, say=say)
        counted = StepResult("count")
        run.outcomes.append(counted)
        with measured(run, counted, say=say):
            seconds = _LOCAL_COUNT_SECONDS if run.place.is_local else _COUNT_SECONDS
            left = settled(run.place.client, run.name, prefix=run.settings.prefix, known=known, seconds=seconds)
            counted.seen = {"left": left.found, "records that AWS keeps": left.stays, "not counted": left.uncounted}
            if not left.is_nothing:
                raise StepError(f"{left.count} resources are left; {len(left.uncounted)} kinds could not be counted")
    return left


def destroy(run: Run, *, known: set[str], seen: dict[str, Any], say: Callable[[str], None]) -> None:
    """Stop running jobs, wait for stacks in progress, `cdk destroy`, again if it failed, then DeleteStack.

    known: gets the ids of what the stacks have; seen: gets what was done, also where this raises StepError, because
    stacks are left or CloudFormation does not tell.
    """
    notes = Notes(say)
    seen |= {"tries": 0, "stopped": [], "failures": [], "not done": notes.lines}
    here = _first_look(run, notes=notes)
    if here == {}:
        return
    with notes.of("the stacks' resources could not be listed"):  # then only names show the leftovers
        known |= resources(run.place.client("cloudformation"), here or [])
    seen["stopped"] = stop_work(run, notes=notes)
    if seen["stopped"]:
        say(f"  stopped: {', '.join(seen['stopped'])}")
    stacks.settle(run, notes=notes, say=say)
    for _ in range(_TRIES):
        seen["tries"] += 1
        try:
            run.cdk(
                *("destroy", "--all", "--force", "-c", f"env={run.env_file}"),
                *("--output", str(run.folder / "cdk.out")),
            )
        except (StepError, OSError) as error:  # the CLI itself may be missing
            seen["failures"].append(str(error))
        if stacks.seen(run, notes=notes) == {}:
            return
    seen["by API"] = True
    stacks.delete(run, notes=notes, say=say)
    here = stacks.seen(run, notes=notes)
    if here != {}:
        what = "CloudFormation does not show whether stacks are left" if here is None else _undestroyed(here)
        raise StepError(f"{what}: {(seen['failures'] or notes.lines or ['no reason is given'])[-1]}")


def _undestroyed(here: dict[str, str]) -> str:
    return f"{', '.join(here)} could not be destroyed"


def _first_look(run: Run, *, notes: Notes) -> dict[str, str] | None:
    """The stacks; looks again before it finds none: a stack just begun may not show at once."""
    here = stacks.seen(run, notes=notes)
    if here == {}:
        time.sleep(1.0 if run.place.is_local else 10.0)
        here = stacks.seen(run, notes=notes)
    return here


@contextmanager
def insisting(say: Callable[[str], None]) -> Iterator[None]:
    """Ignore the first presses of Ctrl-C: resources left behind cost money."""
    pressed = 0

    def count(number: int, frame: object) -> None:
        nonlocal pressed
        del number, frame
        pressed += 1
        if pressed >= _PRESSES:
            raise KeyboardInterrupt
        say(f"  the destroy continues; Ctrl-C {_PRESSES - pressed} more times leaves the resources, which cost money")

    before = {kind: signal.signal(kind, count) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
