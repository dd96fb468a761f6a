"""The ledger of runs that decisions have started: an object of the artifact bucket, replaced by its ETag. No I/O.

A run is in it before it is started, so that a start that is killed is neither lost nor made twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypedDict

LAYOUT = 1

KEY = "retraining/runs.json"  # in the artifact bucket

# RESERVED: about to be started. STARTED: it is on. ENDED: it is over. EMPTY: it is over, and its job found nothing new.
# UNPAID: it is over, and had no job. NEVER: it was not started.
State = Literal["reserved", "started", "ended", "empty", "unpaid", "never"]
RESERVED: Final = "reserved"
STARTED: Final = "started"
ENDED: Final = "ended"
EMPTY: Final = "empty"
UNPAID: Final = "unpaid"
NEVER: Final = "never"

KEPT = 400  # runs, of which the oldest are forgotten


class Run(TypedDict):
    """A run. at: UTC, of its decision; execution: of the machine `retraining`; price: US dollars, None if not known."""

    decision_id: str
    at: str
    execution: str
    price: float | None
    state: State


def read(document: Any) -> list[Run]:
    """The runs of the ledger's document, the oldest first. Raises ValueError for another layout."""
    if not isinstance(document, dict) or document.get("layout") != LAYOUT:
        raise ValueError(f"s3://<artifact bucket>/{KEY} is not a ledger of runs of layout {LAYOUT}")
    runs: list[Run] = document["runs"]
    return runs


def document(runs: Sequence[Run]) -> dict[str, Any]:
    """The ledger's document."""
    return {"layout": LAYOUT, "runs": sorted(runs, key=lambda run: run["at"])[-KEPT:]}


def begun(runs: Sequence[Run]) -> list[Run]:
    """Those that were started, or are about to be."""
    return [run for run in runs if run["state"] != NEVER]


def paid_in_month(runs: Sequence[Run], at: str) -> list[Run]:
    """The runs of the month (UTC) in which a time is whose price counts: all that had, or may still have, a job."""
    return [run for run in begun(runs) if run["state"] != UNPAID and run["at"][:7] == at[:7]]


def found_nothing(runs: Sequence[Run]) -> str:
    """When the last run was decided whose job found nothing new in the ledger of labels; "" if there is none."""
    return max((run["at"] for run in runs if run["state"] == EMPTY), default="")
