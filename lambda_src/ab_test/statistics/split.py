"""Whether a live test's texts were split as planned.

A fault in the split (a cache that serves one variant, answers of one that are not logged) makes the two variants'
figures incomparable. The check counts what the split is sticky by: each distinct text or key once, when it is first
seen. The null hypothesis: whatever came before it, it goes to the challenger with the share of that moment. The
evidence is the average, with equal weights, of the likelihood ratios of odds that are `_ODDS` times those; given the
past, each has expectation 1. So a split that is as planned is *ever* called wrong with probability at most ALPHA.
Where part of one variant's texts are lost, the odds change by the same factor at every share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

ALPHA: Final = 0.001
FEWEST_UNITS: Final = 100

TOO_FEW: Final = "too-few-units"
AS_PLANNED: Final = "as-planned"
NOT_AS_PLANNED: Final = "not-as-planned"

_ODDS: Final = tuple(math.exp(sign * step) for step in (0.1, 0.2, 0.4, 0.8, 1.6) for sign in (1, -1))


class Units(NamedTuple):
    """Distinct units first seen while the challenger had this share, and how many of them went to the challenger."""

    share: float
    units: int
    challenger: int


def log10_evidence(groups: Sequence[Units]) -> float:
    """Evidence that the split is not as planned, as a power of ten. ValueError for counts that cannot be."""
    for each in groups:
        if not (0 <= each.share <= 1 and 0 <= each.challenger <= each.units):
            raise ValueError(f"{each} is not a count of units")
    logs = [math.fsum(_log_ratio(each, odds) for each in groups) for odds in _ODDS]
    top = max(logs)
    return (top + math.log(math.fsum(math.exp(each - top) for each in logs) / len(logs))) / math.log(10)


def _log_ratio(group: Units, odds: float) -> float:
    return group.challenger * math.log(odds) - group.units * math.log(1 - group.share + group.share * odds)


def report(groups: Sequence[Units], *, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The check, for the record. before: the report of the look before; what it found stays found.

    state: one of TOO_FEW, AS_PLANNED and NOT_AS_PLANNED. expected: units that should have gone to the challenger.
    """
    units, challenger = sum(each.units for each in groups), sum(each.challenger for each in groups)
    found, threshold = log10_evidence(groups), -math.log10(ALPHA)
    state = AS_PLANNED if found < threshold and (before or {}).get("state") != NOT_AS_PLANNED else NOT_AS_PLANNED
    if units < FEWEST_UNITS:
        state = TOO_FEW
    return {
        "state": state,
        "units": units,
        "challenger": challenger,
        "expected": round(math.fsum(each.units * each.share for each in groups), 1),
        "log10_evidence": round(found, 6),
        "log10_threshold": round(threshold, 6),
    }
