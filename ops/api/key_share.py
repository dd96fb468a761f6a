"""One key's share of the functions that the account may run: what a key may hold, and what it costs others."""

from __future__ import annotations

from environments.sections.api import Api
from ops.api.key_record import Limits


def beyond(api: Api, limits: Limits) -> str:
    """How a key with these limits may hold more than its share, and what then happens to others; empty if it may not.

    A daily quota holds a day's requests, and twice of it over a midnight (UTC).
    """
    share = f"{api.key_share} functions of {api.concurrency} (api.key_concurrency_percent of api.concurrency)"
    cost = "slow requests of it may have those of every other caller refused"
    if limits.rate == 0:
        return f"Nothing would keep this key to its share, {share}: {cost}"
    if limits.rate is None:
        return ""
    burst = limits.burst or api.burst_for(limits.rate)
    held = api.held(rate=limits.rate, burst=burst)
    if limits.daily_quota is not None:
        held = min(held, 2 * limits.daily_quota)
    if held <= api.key_share:
        return ""
    return (
        f"With {limits.rate} requests a second and {burst} at once this key may hold {held} functions, beyond its "
        f"share, {share}: {cost}. Use {fitting(api, limits.rate)} or less"
    )


def fitting(api: Api, rate: int) -> str:
    """The options of the highest limits that keep to the share, at most of this rate."""
    most = min(rate, api.most_key_rate)
    return f"--rate {most} --burst {api.burst_for(most)}"


def burst_for(api: Api, rate: int, *, over_share: bool) -> int:
    """The burst of a key that is given a rate alone."""
    return 2 * rate if over_share else api.burst_for(rate)
