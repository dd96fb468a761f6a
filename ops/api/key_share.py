"""One key's share of the functions that the account may run, and what exceeding it costs other callers."""

from __future__ import annotations

from environments.sections.api import Api
from ops.api.key_record import Limits


def beyond(api: Api, limits: Limits) -> str:
    """How a key with these limits may exceed its share, and what that costs other callers; "" if it cannot.

    A daily quota allows a day's requests at once, and twice that around midnight (UTC).
    """
    share = f"{api.key_share} functions of {api.concurrency} (api.key_concurrency_percent of api.concurrency)"
    cost = "while its requests are slow, every other caller may be refused"
    if limits.rate == 0:
        return f"Nothing would limit this key to its share, {share}: {cost}"
    if limits.rate is None:
        return ""
    burst = limits.burst or api.burst_for(limits.rate)
    held = api.held(rate=limits.rate, burst=burst)
    if limits.daily_quota is not None:
        held = min(held, 2 * limits.daily_quota)
    if held <= api.key_share:
        return ""
    return (
        f"With {limits.rate} requests a second and {burst} at once, this key may occupy {held} functions, more "
        f"than its share, {share}: {cost}. Use {fitting(api, limits.rate)} or less"
    )


def fitting(api: Api, rate: int) -> str:
    """The options for the highest limits within the share, with at most this rate."""
    most = min(rate, api.most_key_rate)
    return f"--rate {most} --burst {api.burst_for(most)}"


def burst_for(api: Api, rate: int, *, over_share: bool) -> int:
    """The burst of a key that has only a rate."""
    return 2 * rate if over_share else api.burst_for(rate)
