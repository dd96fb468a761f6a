"""The traffic that a preview counts with: from the settings, or from the request log."""

from __future__ import annotations

from dataclasses import dataclass

from environments.settings import Settings
from ops.cost.amounts import NOTHING, Amounts, same

DAYS = 365 / 12  # of a month
HOURS = 24 * DAYS
SECONDS = 3600 * HOURS
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Requests to classify in a day, texts in a request, and where both are from; requests are 0 if unknown."""

    requests: Amounts
    texts_per_request: float
    origin: str

    @property
    def monthly(self) -> Amounts:
        """Requests in a month."""
        return self.requests.times(DAYS)

    @property
    def monthly_texts(self) -> Amounts:
        """Texts in a month."""
        return self.monthly.times(self.texts_per_request)


def of_settings(settings: Settings) -> Traffic:
    """The traffic of `cost.requests_per_day`; nothing without it."""
    asked, texts = settings.cost.requests_per_day, settings.cost.texts_per_request
    if asked is None:
        return Traffic(requests=NOTHING, texts_per_request=texts, origin="no traffic: cost.requests_per_day is not set")
    return Traffic(
        requests=Amounts(asked.low, asked.expected, asked.high),
        texts_per_request=texts,
        origin="traffic of cost.requests_per_day",
    )


def a_million(settings: Settings) -> Traffic:
    """A million requests in a month, to show what each costs."""
    return Traffic(
        requests=same(1e6 / DAYS), texts_per_request=settings.cost.texts_per_request, origin="a million requests"
    )


def without(counted: Traffic) -> Traffic:
    """The same without requests."""
    return Traffic(requests=NOTHING, texts_per_request=counted.texts_per_request, origin="no requests")
