"""How long a sleeping model takes to wake, as it was measured here: one item in the request log's table. No I/O.

The classify function notes the first request that found the model asleep, and the promote function that it has a copy.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final, TypedDict

# The item's key in the request log's table, whose ids of requests never begin with `#`.
ITEM_ID: Final = "#wake"
POSITION: Final = 0

ASLEEP_AT: Final = "asleep_at"
WAKES: Final = "wakes"

# Wakes that are kept, the newest last.
KEPT: Final = 5
# Before the first wake here: "the provisioning process takes several minutes" ("Scale an endpoint to zero instances").
DEFAULT_SECONDS: Final = 300
# Whoever comes while a wake takes longer than expected is not sent away for less.
LEAST_SECONDS: Final = 15
# A beginning that is older belongs to a sleep that nothing was to end: it measures nothing.
LONGEST_SECONDS: Final = 3600


class Wakes(TypedDict, total=False):
    """The item. asleep_at: seconds since 1970, of the first request since the model slept; gone while it is awake.

    wakes: the last ones, seconds, from that request to a copy.
    """

    request_id: str
    position: int
    asleep_at: float
    wakes: list[float]


def expected_seconds(wakes: Sequence[float]) -> int:
    """How long a wake takes: the median of the last ones, or the default before the first."""
    last = list(wakes)[-KEPT:]
    return round(statistics.median(last)) if last else DEFAULT_SECONDS


def retry_after(wakes: Sequence[float], *, waited: float) -> int:
    """Seconds after which to ask again. waited: since the model was first asked."""
    return max(LEAST_SECONDS, round(expected_seconds(wakes) - waited))


def with_another(wakes: Sequence[float], seconds: float) -> list[float]:
    """The last wakes with one more."""
    return [*wakes, round(seconds, 1)][-KEPT:]
