"""How often a key may be used: a rate with a burst, and requests per day. No I/O; times are microseconds since 1970.

The rate is a token bucket, kept as one number (the generic cell rate algorithm): `full_at`, the time at which the
bucket will be full again. Each request moves it on by one interval: counting is one addition in a database.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

SECOND = 1_000_000
Verdict = Literal["ok", "rate-exceeded", "quota-exceeded"]


@dataclass(frozen=True)
class Used:
    """A key's known use on one day (`2026-11-21`, UTC)."""

    day: str
    full_at: int = 0
    requests: int = 0


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a key stands after a request; reset and retry_after in seconds (retry_after 0: the request was allowed)."""

    verdict: Verdict
    limit: int
    remaining: int
    reset: int
    retry_after: int = 0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`rate` requests per second, `burst` at once, and `daily_quota` per day (None: as many as the rate allows)."""

    rate: int
    burst: int
    daily_quota: int | None = None

    @property
    def interval(self) -> int:
        """The time between two requests at the full rate."""
        return max(1, SECOND // self.rate)

    def latest(self, now: int) -> int:
        """The latest `full_at` with which one more request fits."""
        return now + (self.burst - 1) * self.interval

    def refuses(self, used: Used, *, now: int) -> Verdict:
        """Why one more request does not fit, or ok."""
        if self.daily_quota is not None and used.requests >= self.daily_quota:
            return "quota-exceeded"
        return "ok" if used.full_at <= self.latest(now) else "rate-exceeded"

    def after(self, used: Used, *, now: int) -> Used:
        """The use with one more request counted."""
        return Used(used.day, max(used.full_at, now) + self.interval, used.requests + 1)

    def standing(self, used: Used, *, now: int, verdict: Verdict = "ok") -> Standing:
        """What the response headers report: the burst or the day's quota, whichever has less left."""
        if verdict == "quota-exceeded" or (verdict == "ok" and self._quota_is_tighter(used, now=now)):
            assert self.daily_quota is not None
            wait = _seconds(midnight_after(now) - now)
            return Standing(
                verdict=verdict,
                limit=self.daily_quota,
                remaining=max(0, self.daily_quota - used.requests),
                reset=wait,
                retry_after=wait if verdict == "quota-exceeded" else 0,
            )
        return Standing(
            verdict=verdict,
            limit=self.burst,
            remaining=self._left(used, now=now),
            reset=_seconds(used.full_at - now),
            retry_after=_seconds(used.full_at - self.latest(now)) if verdict == "rate-exceeded" else 0,
        )

    def _left(self, used: Used, *, now: int) -> int:
        """How many requests the bucket allows now."""
        return max(0, self.burst - math.ceil(max(0, used.full_at - now) / self.interval))

    def _quota_is_tighter(self, used: Used, *, now: int) -> bool:
        return self.daily_quota is not None and self.daily_quota - used.requests < self._left(used, now=now)


def day_of(now: int) -> str:
    """The day (UTC) for which a quota is counted."""
    return _time(now).strftime("%Y-%m-%d")


def midnight_after(now: int) -> int:
    """When the next day (UTC) begins."""
    day = _time(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int(day.timestamp()) * SECOND


def _time(now: int) -> datetime:
    return datetime.fromtimestamp(now // SECOND, UTC)


def _seconds(microseconds: int) -> int:
    return max(0, math.ceil(microseconds / SECOND))
