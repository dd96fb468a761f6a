"""Compares the request log's write rate with the API's throttle, and tells what a higher one costs."""

from __future__ import annotations

from contracts.api.limits import MAX_TEXTS
from environments.sections.data import NEW_TABLE_WRITES
from environments.settings import Settings
from ops.preflight.finding import Finding

PRICES = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
STORES = 3  # the table and its two indexes: each stores the item, and has a warm throughput of its own


def look(settings: Settings) -> list[Finding]:
    """Whether `data.write_rate` fits `api.throttle_rate`, and DynamoDB's one-time charge above its default."""
    return [_rate(settings), *_price(settings)]


def _rate(settings: Settings) -> Finding:
    """A warning only if even requests with one text are too many: only the operator knows how many texts they have."""
    units, rate = settings.data.write_rate, settings.api.throttle_rate
    if units < rate:
        what = f"the API lets {rate} requests a second through (api.throttle_rate), the log takes {units} write units"
        todo = f"data.write_rate {rate} or more: a text is a write unit, or several (docs/load.md)"
        return Finding(area="log", verdict="warning", what=what, todo=todo)
    texts = min(MAX_TEXTS, units // rate)
    enough = f"{texts} texts" if texts > 1 else "one text"
    what = (
        f"the request log is laid out for {units} write units a second (data.write_rate): at api.throttle_rate {rate} "
        f"that is {enough} of up to 1 KB a request"
    )
    return Finding(area="log", verdict="ok", what=what)


def _price(settings: Settings) -> list[Finding]:
    """The one-time charge. DynamoDB's price list could not be read when this was written (docs/load.md)."""
    if settings.data.warm_writes is None:
        return []
    more = settings.data.warm_writes - NEW_TABLE_WRITES
    what = (
        f"data.write_rate {settings.data.write_rate}: DynamoDB charges once for {STORES * more} more write units of "
        f"warm throughput, {more} each for the request log and its two indexes; price unknown: see {PRICES}"
    )
    todo = f'multiply by the price of a write unit under "warm throughput", for {settings.region}'
    return [Finding(area="log", verdict="unknown", what=what, todo=todo)]
