"""What SageMaker instances cost at list price, and what a million headlines cost on them.

Prices: on demand, real-time inference, us-east-1, USD an hour. Written down in November 2026 from memory of about 2025
and not looked up (no network here); check https://aws.amazon.com/sagemaker/ai/pricing/ before relying on them.
"""

from __future__ import annotations

from dataclasses import dataclass

LIST = "SageMaker real-time inference, on demand, us-east-1, approximately as in 2025, not looked up"


@dataclass(frozen=True)
class Instance:
    """An instance type; ``vcpus`` are hardware threads, two of a core."""

    vcpus: int
    memory_gb: int
    usd_per_hour: float


# Only Sapphire Rapids (AMX and VNNI), as the machines are that this project measures on: an older generation is
# slower by more than its price tells.
INSTANCES = {
    "ml.c7i.large": Instance(2, 4, 0.107),
    "ml.c7i.xlarge": Instance(4, 8, 0.214),
    "ml.c7i.2xlarge": Instance(8, 16, 0.428),
    "ml.c7i.4xlarge": Instance(16, 32, 0.857),
    "ml.m7i.large": Instance(2, 8, 0.121),
    "ml.m7i.xlarge": Instance(4, 16, 0.242),
    "ml.m7i.2xlarge": Instance(8, 32, 0.484),
}


def usd_per_million(name: str, texts_per_s: float, *, cores: int) -> float | None:
    """USD for a million texts on a fully used instance; None when nothing was answered.

    ``texts_per_s``: measured on ``cores`` hardware threads, taken to grow with the instance's.
    """
    instance = INSTANCES[name]
    rate = texts_per_s * instance.vcpus / cores
    return instance.usd_per_hour / 3600 / rate * 1e6 if rate else None
