"""Always on, serverless or scaled to zero: what each costs at the environment's own traffic, and where they cross."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contracts.prices import price, units
from environments.settings import Settings
from ops.cost import assumptions
from ops.cost.amounts import Amounts
from ops.cost.charges import serving
from ops.cost.traffic import DAYS, HOURS, Traffic

# Of a serverless endpoint, where the settings name none: docs/benchmarks.md, what each container needs.
_MEMORY_MB = {"lean": 1024, "huggingface": 2048}
_DEFAULT_INSTANCE = "ml.c7i.large"
_MOST = 1e9  # requests a day, where a search for a crossing ends


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way to serve. usd: a month at the traffic's low, expected and high; None without a price."""

    name: str
    how: str
    key: str
    usd: Amounts | None


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """The options, and sentences about where they cross."""

    options: tuple[Option, ...]
    sentences: tuple[str, ...]


def of(settings: Settings, traffic: Traffic) -> BreakEven:
    """The table. Always on is what `serving` asks for, at least one instance; scaled to zero, at most that many."""
    chosen = settings.serving
    instance = chosen.instance_type or _DEFAULT_INSTANCE
    memory = chosen.serverless_memory_mb or _MEMORY_MB[chosen.container]
    least = max(chosen.min_instances or 1, 1)
    hourly = price.of(f"{units.HOSTING}{instance}", region=settings.region)
    second = price.of(units.SERVERLESS, region=settings.region)
    hours = _hours(settings, least)
    time = serving.serverless(settings, traffic, memory_mb=memory).amounts
    options = (
        Option(
            name="always on",
            how=f"{least} × {instance} at least",
            key=f"{units.HOSTING}{instance}",
            usd=traffic.requests.each(lambda each: hours(each) * hourly.usd) if hourly else None,
        ),
        Option(
            name="scaled to zero",
            how=f"{instance}, asleep after {assumptions.IDLE_MINUTES} minutes without a request",
            key=f"{units.HOSTING}{instance}",
            usd=traffic.requests.each(lambda each: _zero(settings, each) * hourly.usd) if hourly else None,
        ),
        Option(
            name="serverless",
            how=f"{memory / 1024:g} GB while it answers",
            key=units.SERVERLESS,
            usd=time.times(second.usd) if second and time else None,
        ),
    )
    return BreakEven(
        options=options,
        sentences=tuple(
            _sentences(settings, hours, hourly.usd if hourly else None, second.usd if second else None, memory, traffic)
        ),
    )


def _hours(settings: Settings, least: int) -> Callable[[float], float]:
    most = max(settings.serving.max_instances or least, least)
    return lambda requests: min(max(serving.needed(settings, requests), least), most) * HOURS


def _zero(settings: Settings, requests: float) -> float:
    """Hours in a month of an endpoint that may go to zero."""
    most = max(settings.serving.max_instances or 1, 1)
    wanted = min(serving.needed(settings, requests), most)
    return wanted * HOURS if wanted > 1 else HOURS * serving.awake_share(requests)


def _sentences(
    settings: Settings,
    hours: Callable[[float], float],
    hourly: float | None,
    second: float | None,
    memory: int,
    traffic: Traffic,
) -> list[str]:
    found = []
    half = crossing(lambda requests: serving.awake_share(requests) - 0.5)
    found.append(f"Scaled to zero, it sleeps half of the time at {half:,.0f} requests a day, spread at random.")
    seconds = assumptions.SERVERLESS_SECONDS.expected * memory / 1024 * DAYS
    if hourly is not None and second is not None:
        at = crossing(lambda requests: requests * seconds * second - hours(requests) * hourly)
        if at:
            found.append(f"Serverless costs as much as always on at {at:,.0f} requests a day.")
        at = crossing(lambda requests: _zero(settings, requests) * hourly - requests * seconds * second, start=1.0)
        if at:
            found.append(f"Scaled to zero costs as much as serverless at {at:,.0f} requests a day.")
    elif hourly is not None and traffic.requests.expected:
        most = hours(traffic.requests.expected) * hourly / (traffic.requests.expected * seconds)
        found.append(
            f"At the expected traffic serverless costs less than always on if a GB-second costs less than "
            f"{most:.8f} USD: its price is unknown here."
        )
    return found


def crossing(difference: Callable[[float], float], *, start: float = 0.0) -> float | None:
    """Requests a day at which a difference changes its sign; None if it does not."""
    low, high = start, _MOST
    rises = difference(high) > 0
    if (difference(low) > 0) == rises:
        return None
    for _ in range(200):
        middle = (low + high) / 2
        if (difference(middle) > 0) == rises:
            high = middle
        else:
            low = middle
    return high
