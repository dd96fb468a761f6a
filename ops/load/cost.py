"""The highest cost of a load test, in US dollars at list prices (contracts/prices); what is unknown is said."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.prices import price, units
from environments.settings import Settings
from ops.cost import request


@dataclass(frozen=True, kw_only=True)
class LoadCost:
    """usd: at most, None if a price is unknown; sentences: what costs money."""

    usd: float | None
    sentences: tuple[str, ...]


def warning(settings: Settings, *, through_api: bool, seconds: float) -> str:
    """What costs money, in a sentence or two."""
    return " ".join(most(settings, through_api=through_api, seconds=seconds).sentences)


def most(settings: Settings, *, through_api: bool, seconds: float) -> LoadCost:
    """The highest cost: everything that the throttle lets through, and every instance that scaling may add."""
    parts = [_api(settings, seconds)] if through_api else []
    parts.append(_endpoint(settings, seconds))
    sentences = [sentence for _, sentence in parts]
    if settings.serving.data_capture_percent:
        sentences.append(f"{settings.serving.data_capture_percent} % of the requests are captured in S3.")
    known = [usd for usd, _ in parts]
    total = None if None in known else sum(usd or 0.0 for usd in known)
    return LoadCost(usd=total, sentences=tuple(sentences))


def _api(settings: Settings, seconds: float) -> tuple[float | None, str]:
    requests = settings.api.throttle_rate * seconds + settings.api.throttle_burst
    each = request.most(settings.region)
    amount = f"about {dollars(requests * each.usd)}"
    if each.unknown:
        amount += f" and what is unknown ({', '.join(each.unknown)})"
    return (
        None if each.unknown else requests * each.usd,
        f"The throttle lets at most {requests:,.0f} requests through, {amount} for the gateway, functions, request log "
        "and logs.",
    )


def _endpoint(settings: Settings, seconds: float) -> tuple[float | None, str]:
    serving = settings.serving
    if serving.mode == "serverless":
        found = price.of(units.SERVERLESS, region=settings.region)
        gigabytes = (serving.serverless_memory_mb or 0) / 1024
        used = (serving.serverless_max_concurrency or 0) * seconds * gigabytes
        if found is None:
            return None, f"The serverless endpoint may use {used:,.0f} GB-seconds, whose price is unknown."
        return used * found.usd, f"The serverless endpoint may cost {dollars(used * found.usd)}."
    # A model that sleeps may have no instance when the load begins.
    more = serving.most_instances - (serving.min_instances or 0)
    if more <= 0:
        return 0.0, "The endpoint's instances cost the same with or without load."
    hourly = price.of(f"sagemaker.hosting.{serving.instance_type}", region=settings.region)
    extra = more * seconds / 3600 * hourly.usd if hourly else None
    return extra, (
        f"The endpoint may scale from {serving.min_instances} to {serving.most_instances} × "
        f"{serving.instance_type}, billed by the second until it has scaled in again"
        + (f": {dollars(extra)} while it runs." if extra is not None else ", at a price that is unknown.")
    )


def dollars(amount: float) -> str:
    """`0.35 USD`, and never less than a cent."""
    return f"{max(amount, 0.01):,.2f} USD"
