"""What a training run and a batch cost at most, for the budget."""

from __future__ import annotations

from contracts.prices import price, units
from environments.settings import Settings

BATCH_HOURS = 1.0  # for each instance, until it is known what a job took


def training_run(settings: Settings) -> tuple[float | None, str]:
    """US dollars, None if unknown; then which price is. `retraining.run_price`, or the longest run at list price."""
    if settings.retraining.run_price is not None:
        return settings.retraining.run_price, ""
    chosen = settings.training
    hours = chosen.max_runtime_minutes / 60 * chosen.instance_count
    return _hours(f"{units.TRAINING}{chosen.instance_type}", hours, settings=settings)


def batch(
    settings: Settings, instance_type: str, *, instances: int, hours: float = BATCH_HOURS
) -> tuple[float | None, str]:
    """The same of a transform job."""
    return _hours(f"{units.TRANSFORM}{instance_type}", hours * instances, settings=settings)


def _hours(key: str, hours: float, *, settings: Settings) -> tuple[float | None, str]:
    found = price.of(key, region=settings.region)
    return (found.usd * hours, "") if found else (None, f"{key} in {settings.region}")
