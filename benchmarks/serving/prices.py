"""The list price of SageMaker instances, and the cost of a million headlines on them.

Prices: on demand, real-time inference, us-east-1, USD per hour, of the dated snapshot (contracts/prices).
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.prices import price, units

REGION = "us-east-1"
LIST = f"SageMaker real-time inference, on demand, {REGION}, by the dated prices of contracts/prices"


@dataclass(frozen=True)
class Instance:
    """An instance type; ``vcpus`` are hardware threads, two of a core. usd_per_hour: None if it is unknown."""

    vcpus: int
    usd_per_hour: float | None


def _instance(name: str, vcpus: int) -> Instance:
    found = price.of(f"{units.HOSTING}{name}", region=REGION)
    return Instance(vcpus, found.usd if found else None)


# Only Sapphire Rapids (AMX and VNNI), like the machines of our measurements: an older generation is cheaper, but slower
# by more than the difference in price.
INSTANCES = {
    name: _instance(name, vcpus)
    for name, vcpus in (
        ("ml.c7i.large", 2),
        ("ml.c7i.xlarge", 4),
        ("ml.c7i.2xlarge", 8),
        ("ml.c7i.4xlarge", 16),
        ("ml.m7i.large", 2),
        ("ml.m7i.xlarge", 4),
        ("ml.m7i.2xlarge", 8),
    )
}


def usd_per_million(name: str, texts_per_s: float, *, cores: int) -> float | None:
    """USD for a million texts on a fully used instance; None when no text was answered, or the price is unknown.

    ``texts_per_s``: measured on ``cores`` hardware threads, assumed to grow with the instance's.
    """
    instance = INSTANCES[name]
    rate = texts_per_s * instance.vcpus / cores
    return instance.usd_per_hour / 3600 / rate * 1e6 if rate and instance.usd_per_hour is not None else None
