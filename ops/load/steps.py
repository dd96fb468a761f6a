"""Steps of a load test: how many users the next one has, and which step is the knee. No I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_ERROR_SHARE = 0.01
LITTLE_MORE = 1.05  # with twice the users, a smaller gain in throughput than this means saturation
ABOUT_THE_SAME = 0.98
REFINEMENTS = 2
FINE_ENOUGH = 1.25


@dataclass(frozen=True, kw_only=True)
class Step:
    """The measurements with a constant number of users.

    Milliseconds are None if there was no request. errors: how many requests failed, by reason. generator_cpu: the share
    of one core that the load generator itself used.
    """

    users: int
    seconds: float
    answered: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    errors: dict[str, int] = field(default_factory=dict)
    generator_cpu: float = 0.0

    @property
    def throughput(self) -> float:
        """Answered requests a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    @property
    def failed(self) -> int:
        """The number of failed requests."""
        return sum(self.errors.values())

    @property
    def error_share(self) -> float:
        """Failed requests as a share of all."""
        return self.failed / (self.failed + self.answered) if self.failed else 0.0

    def within(self, p95_ms: float) -> bool:
        """Whether requests were answered, 95 % of them in time, and almost none failed."""
        return self.p95_ms is not None and self.p95_ms <= p95_ms and self.error_share <= MAX_ERROR_SHARE

    def as_dict(self) -> dict[str, Any]:
        """The step for JSON, with the derived figures."""
        rounded = {name: _rounded(getattr(self, name)) for name in ("p50_ms", "p95_ms", "p99_ms")}
        return {
            "users": self.users,
            "seconds": round(self.seconds, 2),
            "answered": self.answered,
            "requests_per_second": round(self.throughput, 2),
            **rounded,
            "errors": self.errors,
            "error_share": round(self.error_share, 4),
            "generator_cpu": round(self.generator_cpu, 3),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def measured(
    *,
    users: int,
    seconds: float,
    times: Sequence[float],
    errors: dict[str, int],
    cpu: float,
    waiting: Sequence[float] = (),
) -> Step:
    """The step with these response times (milliseconds, in any order) and errors.

    waiting: how long the unanswered requests had waited; without them the slowest would not count at all.
    """
    ordered = sorted([*times, *waiting])

    def percentile(share: float) -> float | None:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None

    return Step(
        users=users,
        seconds=seconds,
        answered=len(times),
        p50_ms=percentile(0.50),
        p95_ms=percentile(0.95),
        p99_ms=percentile(0.99),
        errors=errors,
        generator_cpu=cpu,
    )


def planned(users: int, *, ramp: bool) -> int:
    """The maximum number of steps of a test with at most `users`."""
    return 1 + math.ceil(math.log2(users)) + REFINEMENTS if ramp else 1


def next_users(steps: Sequence[Step], *, users: int, p95_ms: float, ramp: bool) -> int | None:
    """The users of the next step; None at the end of the test.

    A ramp doubles from 1 to at most `users` until a step misses the limits or two in a row bring no more throughput;
    then it searches between the last step within the limits and the first beyond them.
    """
    if not ramp:
        return None if steps else users
    if not steps:
        return 1
    if len(steps) >= planned(users, ramp=True):
        return None
    missed = min((step.users for step in steps if not step.within(p95_ms)), default=None)
    if missed is None:
        last = steps[-1].users
        return None if last >= users or _is_flat(steps) else min(last * 2, users)
    kept = max((step.users for step in steps if step.within(p95_ms) and step.users < missed), default=0)
    between = round(math.sqrt(kept * missed))
    return between if kept and missed > kept * FINE_ENOUGH and kept < between < missed else None


def _is_flat(steps: Sequence[Step]) -> bool:
    if len(steps) < 3:
        return False
    before = max(step.throughput for step in steps[:-2])
    return all(step.throughput < before * LITTLE_MORE for step in steps[-2:])


def knee(steps: Sequence[Step], *, p95_ms: float) -> Step | None:
    """The step with the highest throughput within the limits, on a tie the one with fewest users; None if none is."""
    good = [step for step in steps if step.within(p95_ms)]
    best = max((step.throughput for step in good), default=0.0)
    alike = [step for step in good if step.throughput >= best * ABOUT_THE_SAME]
    return min(alike, key=lambda step: step.users, default=None)


def verdict(steps: Sequence[Step], *, p95_ms: float, users: int) -> str:
    """Why throughput does not go higher, in one sentence; "" if nothing was measured."""
    if not steps:
        return ""
    beyond = min((step for step in steps if not step.within(p95_ms)), key=lambda step: step.users, default=None)
    if beyond is not None:
        who = f"{beyond.users} {'user' if beyond.users == 1 else 'users'}"
        if not beyond.answered:
            return f"With {who}, no request was answered: {reasons(beyond)}."
        if beyond.error_share > MAX_ERROR_SHARE:
            return f"With {who}, {beyond.error_share:.1%} of the requests fail: {reasons(beyond)}."
        return f"With {who}, the 95th percentile is {beyond.p95_ms:.0f} ms, over {p95_ms:.0f} ms."
    if len(steps) > 1 and _is_flat(sorted(steps, key=lambda step: step.users)):
        return "It is saturated: more users do not raise the throughput."
    return f"{users} users do not saturate it: raise --users to find its limit."


def reasons(step: Step) -> str:
    """`429 too-many-requests (12), ...`, most frequent first."""
    ranked = sorted(step.errors.items(), key=lambda item: -item[1])
    return ", ".join(f"{reason} ({count})" for reason, count in ranked[:3]) or "no answer in time"
