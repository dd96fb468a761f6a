"""What was started in a month and what it may cost, in the ledger of runs. No I/O.

The ledger of runs (`contracts.retraining.runs`) is one object, replaced by its ETag, so one conditional write decides
whether something still fits: two that are started at once cannot both have the last of the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypedDict

from contracts.retraining import runs

FIELD: Final = "spending"  # of the ledger's document, beside its runs
TAG: Final = "rubric:budget"  # of jobs that count against it, with the environment's prefix; the AWS budget sees these
KEPT = 1_000  # entries, of which the oldest are forgotten

Kind = Literal["training", "batch", "load"]
TRAINING: Final = "training"
BATCH: Final = "batch"
LOAD: Final = "load"


class Entry(TypedDict):
    """Something that was started. usd: at most, US dollars, and what it took once that is known. at: UTC, such as
    `2026-11-20T21:35:00.123Z`; by: the person's ARN.
    """

    entry_id: str
    at: str
    kind: Kind
    what: str
    by: str
    usd: float


def read(document: Any) -> list[Entry]:
    """The entries of the ledger's document; none if it has no such field."""
    entries: list[Entry] = document.get(FIELD, []) if isinstance(document, dict) else []
    return entries


def document(before: Any, *, entries: Sequence[Entry]) -> dict[str, Any]:
    """The ledger's document with these entries; its runs stay."""
    kept: list[runs.Run] = runs.read(before) if before else []
    return {**runs.document(kept), FIELD: sorted(entries, key=lambda each: each["at"])[-KEPT:]}


def spent(ledger: Any, *, at: str) -> float:
    """US dollars of the month (UTC) in which a time is: of entries, and of runs that retraining started."""
    if not ledger:
        return 0.0
    started = runs.paid_in_month(runs.read(ledger), at)
    return sum(run["price"] or 0.0 for run in started) + spent_beside(read(ledger), at=at)


def spent_beside(entries: Sequence[Entry], *, at: str) -> float:
    """The same, of entries alone."""
    return sum(each["usd"] for each in entries if each["at"][:7] == at[:7])


def refusal(*, what: str, usd: float | None, spent: float, budget: float, unknown: str = "") -> str:
    """Why something may not be started, in a sentence; "" if it may.

    usd: what it costs at most, None if a price is unknown; then `unknown` says which.
    """
    if usd is None:
        return (
            f"{what} has no known price ({unknown}), so it cannot be shown to fit into cost.monthly_budget_usd "
            f"({budget:,.2f} USD): give --price, or renew the prices (make prices)"
        )
    if spent + usd > budget:
        return (
            f"{what} may cost {usd:,.2f} USD, and {spent:,.2f} of this month's {budget:,.2f} USD "
            "(cost.monthly_budget_usd) are spent: wait for the next month, or raise it"
        )
    return ""
