"""What a test will take and cost at most, in sentences, before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.ab_tests import record
from contracts.prices import price, units
from environments.settings import Settings

_HOURS = 24


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What was asked for, with the settings where nothing was."""

    version: str
    mode: str
    goal: str
    labels: int
    days: float
    texts: int
    share: float

    def sentences(self, settings: Settings) -> list[str]:
        """What is done, how it is decided, how long it lasts at most, and what it costs at most."""
        return [self._what(settings), self._decision(settings), self._length(), self._price(settings)]

    def _what(self, settings: Settings) -> str:
        if self.mode == record.REPLAY:
            texts = f"the {self.texts:,} newest logged texts" if self.texts > 1 else "the newest logged text"
            return f"{self.version} classifies {texts} in a batch job; nobody is served by it."
        tests = settings.ab_tests
        share = f"{100 * self.share:g} % of the {'texts' if tests.unit == 'text' else 'API keys'}"
        later = ""
        if tests.allocation == "thompson":
            later = f" ({100 * tests.least_share:g} to {100 * tests.most_share:g} % once there are labels)"
        return f"{self.version} answers {share}{later}; where it fails or is slow, the champion does."

    def _decision(self, settings: Settings) -> str:
        tests = settings.ab_tests
        goal = "better" if self.goal == record.BETTER else f"not worse by more than {100 * tests.margin:g} points"
        return (
            f"It ends as soon as the labels show that it is {goal}, or worse; of tests without a difference, at most "
            f"{100 * tests.alpha:g} % show one."
        )

    def _length(self) -> str:
        return f"It asks for at most {self.labels:,} labels and ends after {_days(self.days)} at the latest."

    def _price(self, settings: Settings) -> str:
        tests, serving = settings.ab_tests, settings.serving
        if self.mode == record.REPLAY:
            instance = settings.replay_instance_type
            found = price.of(f"{units.TRANSFORM}{instance}", region=settings.region)
            hour = f"${found.usd:g} an hour on {found.date}" if found else "the price of its hour is unknown"
            return f"Price: one {instance} while the job classifies, usually minutes; {hour}."
        count = tests.challenger_instances
        machine = f"{count} x {serving.instance_type}" if serving.instance_type else "a serverless endpoint, by use"
        hourly = tests.hourly_price
        if hourly is None and serving.instance_type:
            listed = price.of(f"{units.HOSTING}{serving.instance_type}", region=settings.region)
            hourly = listed.usd * (count or 1) if listed else None
        if hourly is None:
            return f"Price: unknown ({machine}, until it ends): set ab_tests.hourly_price to see it here."
        most = hourly * _HOURS * self.days
        return f"Price: at most ${most:,.2f} ({machine}, ${hourly:g} an hour, {_days(self.days)})."


def _days(days: float) -> str:
    if days >= 1:
        return f"{days:g} day{'' if days == 1 else 's'}"
    hours = days * _HOURS
    return f"{hours:g} hours" if hours >= 1 else f"{round(hours * 60)} minutes"
