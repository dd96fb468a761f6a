"""What a training job costs at list price."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contracts.models.evaluation import Cost

# USD per instance hour of SageMaker training, on demand, us-east-1: approximate prices of 2025, not looked up.
# Types whose prices have changed much since (P4, P5) are left out.
USD_PER_HOUR = {
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.m5.12xlarge": 2.765,
    "ml.m5.24xlarge": 5.53,
    "ml.c5.xlarge": 0.204,
    "ml.c5.2xlarge": 0.408,
    "ml.c5.4xlarge": 0.816,
    "ml.c5.9xlarge": 1.836,
    "ml.c5.18xlarge": 3.672,
    "ml.m6i.large": 0.115,
    "ml.m6i.xlarge": 0.23,
    "ml.m6i.2xlarge": 0.461,
    "ml.m6i.4xlarge": 0.922,
    "ml.c6i.xlarge": 0.204,
    "ml.c6i.2xlarge": 0.408,
    "ml.c6i.4xlarge": 0.816,
    "ml.c6i.8xlarge": 1.632,
    "ml.m7i.large": 0.121,
    "ml.m7i.xlarge": 0.242,
    "ml.m7i.2xlarge": 0.484,
    "ml.m7i.4xlarge": 0.968,
    "ml.c7i.large": 0.107,
    "ml.c7i.xlarge": 0.214,
    "ml.c7i.2xlarge": 0.428,
    "ml.c7i.4xlarge": 0.857,
    "ml.c7i.8xlarge": 1.714,
    "ml.g4dn.xlarge": 0.736,
    "ml.g4dn.2xlarge": 0.94,
    "ml.g4dn.4xlarge": 1.505,
    "ml.g4dn.8xlarge": 2.72,
    "ml.g4dn.12xlarge": 4.89,
    "ml.g4dn.16xlarge": 5.44,
    "ml.g5.xlarge": 1.408,
    "ml.g5.2xlarge": 1.515,
    "ml.g5.4xlarge": 2.03,
    "ml.g5.8xlarge": 3.06,
    "ml.g5.12xlarge": 7.09,
    "ml.g5.16xlarge": 5.12,
    "ml.g5.24xlarge": 10.18,
    "ml.g5.48xlarge": 20.36,
    "ml.g6.xlarge": 1.006,
    "ml.g6.2xlarge": 1.222,
    "ml.g6.4xlarge": 1.654,
    "ml.g6.8xlarge": 2.518,
    "ml.g6.12xlarge": 5.752,
    "ml.g6.24xlarge": 8.344,
    "ml.g6.48xlarge": 16.688,
}
NOTE = (
    "an estimate: approximate on-demand price of SageMaker training in us-east-1 in 2025, not looked up; managed spot "
    "costs less, the time to start instances is not counted, and a job on the local AWS is free"
)


def describe(seconds: float, environ: Mapping[str, str]) -> Cost:
    """The job's instances (from SageMaker's documented SM_* variables), its seconds and what they cost in USD.

    ``usd_per_hour`` (one instance) and ``usd`` (all of them) are None without a known type and price.
    """
    resources = _json(environ.get("SM_RESOURCE_CONFIG"))
    resources = resources if isinstance(resources, dict) else {}
    hosts = _json(environ.get("SM_HOSTS")) or resources.get("hosts")
    kind = environ.get("SM_CURRENT_INSTANCE_TYPE") or resources.get("current_instance_type") or None
    count = max(len(hosts), 1) if isinstance(hosts, list) else 1
    price = USD_PER_HOUR.get(str(kind))
    if kind is None:
        note = "the instance type is unknown"
    elif price is None:
        note = f"there is no price for {kind} in this version"
    else:
        note = NOTE
    return {
        "instance_type": kind,
        "instance_count": count,
        "seconds": round(seconds, 1),
        "usd_per_hour": price,
        "usd": None if price is None else round(price * count * seconds / 3600, 4),
        "note": note,
    }


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
