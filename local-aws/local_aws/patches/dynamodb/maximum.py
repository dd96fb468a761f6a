"""How much of a maximum throughput is used up: a bucket for each table or index, with one second's units. No I/O."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """A maximum: of the table or index with this ARN, for reads or writes. index: "" for the table's own."""

    arn: str
    table: str
    index: str
    kind: str


class Limits:
    """The buckets. A call takes its units while there is any, and may leave the bucket in debt."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[Limit, int], tuple[float, float]] = {}

    def take(self, limit: Limit, units: int, *, most: int) -> bool:
        """Whether a call of so many units is within `most` a second. A maximum that was changed starts full."""
        with self._lock:
            now = self._clock()
            tokens, at = self._buckets.get((limit, most), (float(most), now))
            tokens = min(float(most), tokens + (now - at) * most)
            allowed = tokens > 0
            self._buckets[limit, most] = (tokens - units if allowed else tokens, now)
            return allowed
