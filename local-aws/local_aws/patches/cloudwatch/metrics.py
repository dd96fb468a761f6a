"""Write datapoints to MiniStack's CloudWatch as the AWS services do."""

import threading
import time
from collections.abc import Mapping
from typing import Any

from local_aws import private_api

_BUCKET = private_api.declare(
    "ministack.services.cloudwatch", "_metric_bucket", "publish the metrics of AWS services", takes=("key",)
)
_METRICS = private_api.declare("ministack.services.cloudwatch", "_metrics", "read the metrics of AWS services")
_DIMENSIONS_KEY = private_api.declare(
    "ministack.services.cloudwatch", "_dims_key", "publish metrics under their dimensions", takes=("dims",)
)

# Statistics weight a point by its Count, so a load test need not keep a dictionary for each request.
_lock = threading.Lock()


def record(
    namespace: str,
    name: str,
    value: float,
    unit: str,
    dimensions: Mapping[str, str],
    *,
    timestamp: float | None = None,
) -> None:
    """Record one datapoint at `timestamp` (epoch seconds, default now) in the request's account and region."""
    at = time.time() if timestamp is None else timestamp
    bucket: list[dict[str, Any]] = _BUCKET.get()(_key(namespace, name, dimensions))
    with _lock:
        last = bucket[-1] if bucket else None
        if _same(last, value, unit, at) and last is not None:
            last["Count"] = last.get("Count", 1.0) + 1.0
            return
        shared = last["Dimensions"] if last is not None else dict(dimensions)
        bucket.append({"Timestamp": at, "Value": float(value), "Unit": unit, "Dimensions": shared})


def points(namespace: str, name: str, dimensions: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the stored points of exactly this metric: Timestamp, Value and possibly Count or a statistic set."""
    return list(_METRICS.get().get(_key(namespace, name, dimensions)) or [])


def _key(namespace: str, name: str, dimensions: Mapping[str, str]) -> tuple[str, str, str]:
    return namespace, name, _DIMENSIONS_KEY.get()(dict(dimensions))


def _same(last: dict[str, Any] | None, value: float, unit: str, at: float) -> bool:
    return (
        last is not None
        and "_stat" not in last
        and last["Value"] == float(value)
        and last["Unit"] == unit
        and int(last["Timestamp"]) == int(at)
    )
