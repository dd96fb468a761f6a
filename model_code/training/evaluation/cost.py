"""What a training job costs at list price."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contracts.models.evaluation import Cost
from contracts.prices import price, units

_ASIDE = "managed spot costs less, the time to start instances is not counted, and a job on the local AWS is free"


def describe(seconds: float, environ: Mapping[str, str]) -> Cost:
    """The job's instances (from SageMaker's documented SM_* variables), its seconds and what they cost in USD.

    The region is that of TRAINING_JOB_ARN, which SageMaker sets too.

    ``usd_per_hour`` (one instance) and ``usd`` (all of them) are None without a known type and price.
    """
    resources = _json(environ.get("SM_RESOURCE_CONFIG"))
    resources = resources if isinstance(resources, dict) else {}
    hosts = _json(environ.get("SM_HOSTS")) or resources.get("hosts")
    kind = environ.get("SM_CURRENT_INSTANCE_TYPE") or resources.get("current_instance_type") or None
    count = max(len(hosts), 1) if isinstance(hosts, list) else 1
    region = _region(environ)
    found = price.of(f"{units.TRAINING}{kind}", region=region) if kind else None
    if kind is None:
        note = "the instance type is unknown"
    elif found is None:
        note = f"there is no dated price for {kind} in {region or 'this region'}"
    else:
        note = f"the list price of {found.date}, on demand in {region} ({found.source}); {_ASIDE}"
    return {
        "instance_type": kind,
        "instance_count": count,
        "seconds": round(seconds, 1),
        "usd_per_hour": found.usd if found else None,
        "usd": round(found.usd * count * seconds / 3600, 4) if found else None,
        "note": note,
    }


def _region(environ: Mapping[str, str]) -> str:
    """`us-east-1` of `arn:aws:sagemaker:us-east-1:...`; "" without one."""
    parts = environ.get("TRAINING_JOB_ARN", "").split(":")
    return parts[3] if len(parts) > 3 else ""


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
