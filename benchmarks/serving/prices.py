"""The list price of SageMaker instances, and the cost of a million headlines on them.

Prices: on demand, real-time inference, us-east-1, USD per hour, approximately as in 2025. They were not looked up;
check https://aws.amazon.com/sagemaker/ai/pricing/ before relying on them.
"""

from __future__ import annotations

from dataclasses import dataclass

LIST = "SageMaker real-time inference, on demand, us-east-1, approximately as in 2025, not looked up"


@dataclass(frozen=True)
class Instance:
    """An instance type; ``vcpus`` are hardware threads, two of a core."""

    vcpus: int
    usd_per_hour: float


# Only Sapphire Rapids (AMX and VNNI), like the machines of our measurements: an older generation is cheaper, but slower
# by more than the difference in price.
INSTANCES = {
    "ml.c7i.large": Instance(2, 0.107),
    "ml.c7i.xlarge": Instance(4, 0.214),
    "ml.c7i.2xlarge": Instance(8, 0.428),
    "ml.c7i.4xlarge": Instance(16, 0.857),
    "ml.m7i.large": Instance(2, 0.121),
    "ml.m7i.xlarge": Instance(4, 0.242),
    "ml.m7i.2xlarge": Instance(8, 0.484),
}


def usd_per_million(name: str, texts_per_s: float, *, cores: int) -> float | None:
    """USD for a million texts on a fully used instance; None when no text was answered.

    ``texts_per_s``: measured on ``cores`` hardware threads, assumed to grow with the instance's.
    """
    instance = INSTANCES[name]
    rate = texts_per_s * instance.vcpus / cores
    return instance.usd_per_hour / 3600 / rate * 1e6 if rate else None
